/**
 * Real images of other projects under the right policy, and under every wrong one. Source: vectors/images,
 * vectors/root-signing.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { decodeBase64, encodeBase64 } from "../../../core/encoding/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { createEngine } from "../../../core/decide/engine.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { defaultLimits } from "../../../core/limits.ts";
import type { AnswerTo, Digest, Knowledge, Question } from "../../../core/knowledge/question.ts";
import { TrustCache } from "../../../core/trust/trust-cache.ts";
import type { Verification } from "../../../core/verdict.ts";
import { type AttestorSpec, compileAttestor } from "../../../core/verify/attestor.ts";
import { verifyAttestations, verifySignatures } from "../../../core/verify/verify-image.ts";
import { nodeVerifier } from "../../../proxy/crypto-node.ts";
import {
  connaisseurImages,
  ocMirrorImages,
  type SignedImage,
  type SlsaVersion,
  slsaContainer,
  slsaVersions,
} from "../../support/images.ts";
import { flipped } from "../../support/patch.ts";
import { rewritten, rewrittenLayer, type SignedLayer, signedLayers } from "../../support/rewrite-image.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";

const test = suite("core/verify/real-images");
const vectors = vectorsDir();
const now = new Date("2026-11-23T00:00:00Z");
const provenance = "https://slsa.dev/provenance/v0.2";
const github = "https://token.actions.githubusercontent.com";
const workflow = (version: string): string =>
  `https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/${version}`;

const verifiers = [nobleVerifier, nodeVerifier];

/** `root` in place of the production root; `null`: none. */
function withTrust(knowledge: Knowledge, root: Uint8Array | null): Knowledge {
  return {
    answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
      if (question.kind !== "trusted-root") return knowledge.answer(question);
      return (
        root === null
          ? undefined
          : { state: "present", value: { form: "pinned", bytes: root }, at: "2026-01-01T00:00:00Z", from: "test" }
      ) as AnswerTo<Q> | undefined;
    },
  };
}

const productionRoot = (): Uint8Array =>
  new Uint8Array(readFileSync(join(vectors ?? "", "root-signing/targets/trusted_root.json")));

interface Given {
  readonly type?: string;
  readonly root?: Uint8Array | null;
}

/** What both verifiers say; they must agree. */
function judge(
  image: SignedImage,
  spec: AttestorSpec,
  purpose: "signature" | "attestation",
  { type = provenance, root = productionRoot() }: Given = {},
): Verification<unknown> {
  const outcomes = verifiers.map((verifier) => {
    const context = {
      knowledge: withTrust(image.knowledge, root),
      now,
      verifier,
      trust: new TrustCache(verifier),
      trustRootName: "public-good",
      limits: defaultLimits,
    };
    return purpose === "signature"
      ? verifySignatures(image, compileAttestor(spec), { layouts: "all" }, context).verification
      : verifyAttestations(image, type, compileAttestor(spec), { layouts: "all" }, context).verification;
  });
  assert.equal(JSON.stringify(outcomes[0]), JSON.stringify(outcomes[1]), "the verifiers agree");
  return outcomes[0] as Verification<unknown>;
}

const accepts = (verification: Verification<unknown>): void =>
  assert.is(verification.truth, "proven", JSON.stringify(verification));

function gives(code: ErrorCode, verification: Verification<unknown>): void {
  assert.not.equal(verification.truth, "proven");
  if (verification.truth !== "proven")
    assert.is(
      verification.failures.toSorted((a, b) => b.stage - a.stage)[0]?.code,
      code,
      JSON.stringify(verification.failures),
    );
}

const keyless = (version: string, changes: Partial<NonNullable<AttestorSpec["keyless"]>> = {}): AttestorSpec => ({
  keyless: { subject: workflow(version), issuer: github, ...changes },
});
const keyed = (pem: string, changes: Partial<AttestorSpec> = {}): AttestorSpec => ({
  keys: { pem },
  rekor: { ignoreTlog: true },
  ...changes,
});

/** The bundle annotation with its payload or log entry changed. */
function changeBundle(
  layer: SignedLayer,
  change: (bundle: {
    SignedEntryTimestamp: string;
    Payload: { body: string; integratedTime: number; logIndex: number; logID: string };
  }) => void,
): void {
  const bundle = JSON.parse(layer.annotations["dev.sigstore.cosign/bundle"] ?? "{}");
  change(bundle);
  layer.annotations["dev.sigstore.cosign/bundle"] = JSON.stringify(bundle);
}
const flipBase64 = (text: string, index: number): string => encodeBase64(flipped(decodeBase64(text), index));
const flipPem = (pem: string, index: number): string => {
  const [head = "", ...lines] = pem.trim().split("\n");
  const tail = lines.pop() ?? "";
  return `${head}\n${flipBase64(lines.join(""), index)}\n${tail}\n`;
};
function changeEnvelope(
  layer: SignedLayer,
  change: (envelope: { payload: string; payloadType: string; signatures: { sig: string }[] }) => void,
): void {
  const envelope = JSON.parse(decodeUtf8(layer.payload));
  change(envelope);
  layer.payload = encodeUtf8(JSON.stringify(envelope));
}
const changeStatement = (layer: SignedLayer, change: (statement: Record<string, unknown>) => void): void =>
  changeEnvelope(layer, (envelope) => {
    const statement = JSON.parse(decodeUtf8(decodeBase64(envelope.payload)));
    change(statement);
    envelope.payload = encodeBase64(encodeUtf8(JSON.stringify(statement)));
  });

/** `allowed`, and the code of the first failure, of a Pod under a policy whose conditions are these. */
function decide(
  image: SignedImage,
  conditions: string,
  subject = workflow(image.tag),
): { readonly allowed: boolean; readonly code: string | undefined } {
  const text = `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: provenance }
spec:
  validationFailureAction: Enforce
  rules:
  - name: built-by-the-generator
    match: { any: [{ resources: { kinds: [Pod] } }] }
    verifyImages:
    - imageReferences: ["${image.repository}*"]
      attestations:
      - type: ${provenance}
        attestors: [{ entries: [{ keyless: { subject: "${subject}", issuer: "${github}", rekor: { url: "https://rekor.sigstore.dev" } } }] }]
        conditions: ${conditions}
`;
  const { policies, errors } = loadPolicies([{ name: "provenance.yaml", text }]);
  assert.equal(errors, []);
  const engine = createEngine({ policies, crypto: nodeVerifier });
  const pod = requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n" },
    spec: { containers: [{ name: "c", image: `${image.repository}:${image.tag}` }] },
  });
  const { allowed, results } = engine.decide(pod, withTrust(image.knowledge, productionRoot()), now);
  return { allowed, code: results.flatMap(({ failures }) => failures)[0]?.code };
}
const condition = (key: string, operator: string, value: string): string =>
  `[{ all: [{ key: "{{ ${key} }}", operator: ${operator}, value: ${value} }] }]`;

if (vectors === undefined) skipped("core/verify/real-images", 60, "SALLYPORT_VECTORS is not set");
else {
  const slsa = (version: SlsaVersion = "v1.9.0"): SignedImage =>
    slsaContainer(version, { complete: ["ghcr.io"] }) as SignedImage;
  const connaisseur = connaisseurImages();
  const keys = (
    readFileSync(join(vectors, "images/connaisseur/01_cosign.yaml"), "utf8").match(
      /-----BEGIN[\s\S]*?-----END PUBLIC KEY-----/g,
    ) ?? []
  ).map((pem) => pem.replace(/^ +/gm, ""));
  const [alice = "", bob = ""] = keys;
  const signed = (tag: string): SignedImage => connaisseur?.images.find((image) => image.tag === tag) as SignedImage;

  for (const version of slsaVersions) {
    test(`SLSA provenance ${version}: accepted, by exact subject, wildcard and regexp`, () => {
      accepts(judge(slsa(version), keyless(version), "attestation"));
      accepts(
        judge(slsa(version), keyless(version, { subject: "https://github.com/slsa-framework/*" }), "attestation"),
      );
      accepts(
        judge(
          slsa(version),
          { keyless: { subjectRegExp: "^https://github\\.com/slsa-framework/.*@refs/tags/v[0-9.]+$", issuer: github } },
          "attestation",
        ),
      );
      accepts(
        judge(
          slsa(version),
          keyless(version, { additionalExtensions: { githubWorkflowRepository: "slsa-framework/example-package" } }),
          "attestation",
        ),
      );
      assert.ok(
        decide(
          slsa(version),
          condition("buildType", "Equals", '"https://github.com/slsa-framework/slsa-github-generator/container@v1"'),
        ).allowed,
      );
    });
  }

  test("keyed signatures without a log: alice alone, and each of several", () => {
    accepts(judge(signed("multi-cosigned-alice"), keyed(alice), "signature"));
    for (const pem of [alice, bob]) accepts(judge(signed("multi-cosigned-alice-bob-charlie"), keyed(pem), "signature"));
  });

  test("a keyless signature with a log entry", () => {
    accepts(
      judge(
        signed("keyless"),
        { keyless: { subjectRegExp: "philipp", issuerRegExp: "github" }, ctlog: { ignoreSCT: true } },
        "signature",
      ),
    );
  });

  const mirrored = ocMirrorImages();
  /** The key that the log's entry names: the images come without one. */
  const loggedKey = (image: SignedImage): string => {
    const bundle = JSON.parse(
      signedLayers(image, "signature").layers[0]?.annotations["dev.sigstore.cosign/bundle"] ?? "{}",
    );
    return decodeUtf8(
      decodeBase64(JSON.parse(decodeUtf8(decodeBase64(bundle.Payload.body))).spec.signature.publicKey.content),
    );
  };

  test("keyed signatures with log entries, of images of several platforms and of one", () => {
    let seen = 0;
    for (const image of mirrored) {
      const digests: Digest[] = [image.digest];
      for (const digest of digests) {
        const one = { ...image, digest };
        if (
          one.knowledge.answer({ kind: "tag", repository: image.repository, tag: `${digest.replace(":", "-")}.sig` })
            ?.state !== "present"
        )
          continue;
        accepts(judge(one, { keys: { pem: loggedKey(one) } }, "signature"));
        seen++;
      }
    }
    assert.ok(seen > 0);
  });

  // Wrong policies.
  const wrongPolicies: Readonly<Record<string, readonly [ErrorCode, () => Verification<unknown>]>> = {
    "another key": ["wrong-key", () => judge(signed("multi-cosigned-alice"), keyed(bob), "signature")],
    "a key where the image is signed by an identity": ["wrong-key", () => judge(slsa(), keyed(alice), "attestation")],
    "an identity where the image is signed by a key": [
      "no-certificate",
      () => judge(signed("multi-cosigned-alice"), { keyless: { subject: "*", issuer: "*" } }, "signature"),
    ],
    "a log entry where there is none": [
      "not-in-mirror",
      () => judge(signed("multi-cosigned-alice"), { keys: { pem: alice } }, "signature"),
    ],
    "another subject": ["wrong-identity", () => judge(slsa(), keyless("v1.8.0"), "attestation")],
    "a subject that is only a part": [
      "wrong-identity",
      () => judge(slsa(), keyless("v1.9.0", { subject: "https://github.com/slsa-framework" }), "attestation"),
    ],
    "another issuer": [
      "wrong-identity",
      () => judge(slsa(), keyless("v1.9.0", { issuer: "https://accounts.google.com" }), "attestation"),
    ],
    "a subject regexp that does not match": [
      "wrong-identity",
      () => judge(slsa(), { keyless: { subjectRegExp: "^https://gitlab\\.com/", issuer: github } }, "attestation"),
    ],
    "an issuer regexp that does not match": [
      "wrong-identity",
      () =>
        judge(
          slsa(),
          { keyless: { subject: workflow("v1.9.0"), issuerRegExp: "^https://accounts\\." } },
          "attestation",
        ),
    ],
    "a subject that matches with a regexp that does not": [
      "wrong-identity",
      () => judge(slsa(), keyless("v1.9.0", { subjectRegExp: "^nobody$" }), "attestation"),
    ],
    "another value of an extension": [
      "wrong-identity",
      () =>
        judge(
          slsa(),
          keyless("v1.9.0", { additionalExtensions: { githubWorkflowRepository: "somebody/else" } }),
          "attestation",
        ),
    ],
    "another branch in an extension": [
      "wrong-identity",
      () =>
        judge(
          slsa(),
          keyless("v1.9.0", { additionalExtensions: { githubWorkflowRef: "refs/heads/dev" } }),
          "attestation",
        ),
    ],
    "another predicate type": [
      "no-attestation",
      () => judge(slsa(), keyless("v1.9.0"), "attestation", { type: "https://slsa.dev/provenance/v1" }),
    ],
    "a signature where there is only an attestation": [
      "no-signature",
      () => judge(slsa(), keyless("v1.9.0"), "signature"),
    ],
    "an annotation that was not signed": [
      "wrong-annotations",
      () => judge(signed("multi-cosigned-alice"), keyed(alice, { annotations: { env: "prod" } }), "signature"),
    ],
    "no trusted root": ["no-trust", () => judge(slsa(), keyless("v1.9.0"), "attestation", { root: null })],
    "roots of somebody else": [
      "untrusted-certificate",
      () => judge(slsa(), keyless("v1.9.0", { roots: otherRoot }), "attestation"),
    ],
    "the key of another log": [
      "bad-log-proof",
      () => judge(slsa(), { ...keyless("v1.9.0"), rekor: { pubKey: alice, ignoreTlog: false } }, "attestation"),
    ],
    "the key of another certificate log": [
      "bad-sct",
      () => judge(slsa(), { ...keyless("v1.9.0"), ctlog: { pubKey: alice, ignoreSCT: false } }, "attestation"),
    ],
    "an expired certificate whose log entry is ignored": [
      "certificate-not-valid-then",
      () => judge(slsa(), { ...keyless("v1.9.0"), rekor: { ignoreTlog: true } }, "attestation"),
    ],
    "a trusted root without the certificate authority": [
      "untrusted-certificate",
      () => judge(slsa(), keyless("v1.9.0"), "attestation", { root: rootWithout("certificateAuthorities") }),
    ],
    "a trusted root without the log": [
      "bad-log-proof",
      () => judge(slsa(), keyless("v1.9.0"), "attestation", { root: rootWithout("tlogs") }),
    ],
    "a trusted root without the certificate log": [
      "bad-sct",
      () => judge(slsa(), keyless("v1.9.0"), "attestation", { root: rootWithout("ctlogs") }),
    ],
    "another certificate of a policy": [
      "wrong-key",
      () => judge(slsa(), { certificates: { cert: otherRoot }, rekor: { ignoreTlog: true } }, "attestation"),
    ],
    "another authority of a policy": [
      "untrusted-certificate",
      () => judge(slsa(), { certificates: { certChain: otherRoot }, rekor: { ignoreTlog: true } }, "attestation"),
    ],
  };
  const otherRoot = readFileSync(new URL("../../fixtures/documentation/trust/root.pem", import.meta.url), "utf8");
  const rootWithout = (part: string): Uint8Array => {
    const root = JSON.parse(decodeUtf8(productionRoot()));
    root[part] = [];
    return encodeUtf8(JSON.stringify(root));
  };

  // Broken inputs: the attestation's layer changed in one place, digests above it made right.
  const bundlePart = "dev.sigstore.cosign/bundle";
  const certificatePart = "dev.sigstore.cosign/certificate";
  const attested = (change: (layer: SignedLayer) => void, version: SlsaVersion = "v1.9.0") =>
    judge(rewrittenLayer(slsa(version), "attestation", change), keyless(version), "attestation");
  const simple = (change: (layer: SignedLayer) => void, spec = keyed(alice)) =>
    judge(rewrittenLayer(signed("multi-cosigned-alice"), "signature", change), spec, "signature");
  const signaturePart = "dev.cosignproject.cosign/signature";
  const brokenInputs: Readonly<
    Record<string, readonly [ErrorCode | readonly ErrorCode[], () => Verification<unknown>]>
  > = {
    "a byte of the payload": [
      "bad-signature",
      () => attested((layer) => changeStatement(layer, (statement) => Object.assign(statement, { predicate: {} }))),
    ],
    "a byte of the envelope's signature": [
      ["bad-signature", "malformed"],
      () =>
        attested((layer) =>
          changeEnvelope(layer, (envelope) =>
            Object.assign(envelope.signatures[0] ?? {}, { sig: flipBase64(envelope.signatures[0]?.sig ?? "", 20) }),
          ),
        ),
    ],
    "another payload type": [
      "malformed",
      () =>
        attested((layer) =>
          changeEnvelope(layer, (envelope) => Object.assign(envelope, { payloadType: "application/json" })),
        ),
    ],
    "no signature in the envelope": [
      "malformed",
      () => attested((layer) => changeEnvelope(layer, (envelope) => Object.assign(envelope, { signatures: [] }))),
    ],
    "another statement type": [
      ["malformed", "bad-signature"],
      () =>
        attested((layer) =>
          changeStatement(layer, (statement) => Object.assign(statement, { _type: "https://example.com/Other" })),
        ),
    ],
    "a byte of the certificate's key": [
      ["bad-signature", "untrusted-certificate", "bad-log-proof", "malformed"],
      () =>
        attested((layer) =>
          Object.assign(layer.annotations, {
            [certificatePart]: flipPem(layer.annotations[certificatePart] ?? "", 250),
          }),
        ),
    ],
    "a byte of the certificate's signature": [
      ["untrusted-certificate", "bad-log-proof", "malformed"],
      () =>
        attested((layer) =>
          Object.assign(layer.annotations, {
            [certificatePart]: flipPem(
              layer.annotations[certificatePart] ?? "",
              decodeBase64((layer.annotations[certificatePart] ?? "").replace(/-----.*?-----|\s/g, "")).length - 4,
            ),
          }),
        ),
    ],
    "the certificate cut": [
      "malformed",
      () =>
        attested((layer) =>
          Object.assign(layer.annotations, {
            [certificatePart]: (layer.annotations[certificatePart] ?? "").slice(0, 400),
          }),
        ),
    ],
    "no certificate": ["no-certificate", () => attested((layer) => void delete layer.annotations[certificatePart])],
    "no log entry": ["not-in-mirror", () => attested((layer) => void delete layer.annotations[bundlePart])],
    "a byte of the log's timestamp": [
      "bad-log-proof",
      () =>
        attested((layer) =>
          changeBundle(layer, (bundle) =>
            Object.assign(bundle, { SignedEntryTimestamp: flipBase64(bundle.SignedEntryTimestamp, 10) }),
          ),
        ),
    ],
    "another time of the log": [
      "bad-log-proof",
      () =>
        attested((layer) =>
          changeBundle(layer, ({ Payload }) => Object.assign(Payload, { integratedTime: Payload.integratedTime + 1 })),
        ),
    ],
    "another index of the log": [
      "bad-log-proof",
      () =>
        attested((layer) =>
          changeBundle(layer, ({ Payload }) => Object.assign(Payload, { logIndex: Payload.logIndex + 1 })),
        ),
    ],
    "another log's id": [
      "bad-log-proof",
      () =>
        attested((layer) => changeBundle(layer, ({ Payload }) => Object.assign(Payload, { logID: "00".repeat(32) }))),
    ],
    "a byte of the logged body": [
      ["bad-log-proof", "malformed"],
      () =>
        attested((layer) =>
          changeBundle(layer, ({ Payload }) => Object.assign(Payload, { body: flipBase64(Payload.body, 60) })),
        ),
    ],
    "the log entry of another image": [
      "bad-log-proof",
      () =>
        attested((layer) =>
          Object.assign(layer.annotations, {
            [bundlePart]: signedLayers(slsa("v1.6.0"), "attestation").layers[0]?.annotations[bundlePart],
          }),
        ),
    ],
    "the log entry is no JSON": [
      "malformed",
      () => attested((layer) => Object.assign(layer.annotations, { [bundlePart]: "{" })),
    ],
    "the payload is no JSON": [
      "malformed",
      () => attested((layer) => Object.assign(layer, { payload: encodeUtf8("{") })),
    ],
    "the payload is empty": [
      "malformed",
      () => attested((layer) => Object.assign(layer, { payload: new Uint8Array() })),
    ],
    "the attestation of another image": [
      "wrong-digest",
      () =>
        judge(
          rewritten(slsa(), "attestation", () => signedLayers(slsa("v1.6.0"), "attestation").layers),
          keyless("v1.6.0"),
          "attestation",
        ),
    ],
    "a byte of a keyed signature": [
      ["wrong-key", "malformed"],
      () =>
        simple((layer) =>
          Object.assign(layer.annotations, { [signaturePart]: flipBase64(layer.annotations[signaturePart] ?? "", 12) }),
        ),
    ],
    "no keyed signature": [
      ["malformed", "no-signature"],
      () => simple((layer) => void delete layer.annotations[signaturePart]),
    ],
    "a keyed signature that is no base64": [
      "malformed",
      () => simple((layer) => Object.assign(layer.annotations, { [signaturePart]: "*" })),
    ],
    "a byte of the signed claim": [
      ["wrong-key", "malformed"],
      () => simple((layer) => Object.assign(layer, { payload: flipped(layer.payload, 30) })),
    ],
    "the signature of another image": [
      "wrong-digest",
      () =>
        judge(
          rewritten(
            signed("multi-cosigned-alice"),
            "signature",
            () => signedLayers(signed("multi-cosigned-alice-bob-charlie"), "signature").layers,
          ),
          keyed(alice),
          "signature",
        ),
    ],
    "a signature as long as a certificate": [
      ["wrong-key", "malformed"],
      () =>
        simple((layer) =>
          Object.assign(layer.annotations, { [signaturePart]: encodeBase64(new Uint8Array(2000).fill(48)) }),
        ),
    ],
  };
  const listed = (codes: ErrorCode | readonly ErrorCode[]): readonly ErrorCode[] =>
    typeof codes === "string" ? [codes] : codes;

  for (const [name, [code, run]] of Object.entries(wrongPolicies))
    test(`wrong policy: ${name}`, () => gives(code, run()));
  for (const [name, [codes, run]] of Object.entries(brokenInputs)) {
    test(`broken input: ${name}`, () => {
      const verification = run();
      assert.not.equal(verification.truth, "proven");
      if (verification.truth === "proven") return;
      const code = verification.failures.toSorted((a, b) => b.stage - a.stage)[0]?.code;
      assert.ok(
        code !== undefined && listed(codes).includes(code),
        `${code}: ${JSON.stringify(verification.failures)}`,
      );
    });
  }
  test("the copy in which nothing changed is accepted, so that the changes are what is refused", () => {
    for (const version of slsaVersions) accepts(attested(() => undefined, version));
    accepts(simple(() => undefined));
  });

  // Conditions.
  const conditions: Readonly<Record<string, string>> = {
    "another builder": condition("builder.id", "Equals", '"https://builder.example"'),
    "another source": condition("invocation.configSource.uri", "Equals", '"git+https://github.com/somebody/else"'),
    "a field that is not there": condition("nothing.here", "Equals", '"x"'),
    "an actor who is not among them": condition("invocation.environment.github_actor", "AnyIn", '["nobody"]'),
    "a number that is not so large": condition("length(builder.id)", "GreaterThan", "100000"),
  };
  for (const [name, text] of Object.entries(conditions))
    test(`wrong condition: ${name}`, () =>
      assert.equal(decide(slsa(), text), { allowed: false, code: "condition-failed" }));
  test("an image that is not there", () => {
    const image = { ...slsa(), tag: "nowhere" };
    assert.equal(decide(image, condition("buildType", "NotEquals", '""'), workflow("v1.9.0")), {
      allowed: false,
      code: "image-not-found",
    });
  });
}

test.run();
