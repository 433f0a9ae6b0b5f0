/**
 * Real images of other projects under the right policy, and under every wrong one. Source:
 * slsa-framework/slsa-verifier, sse-secure-systems/connaisseur, openshift/oc-mirror (images), sigstore/root-signing
 * (trust).
 */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine } from "../../../core/decide/engine.ts";
import { decodeBase64 } from "../../../core/encoding/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import type { Digest } from "../../../core/crypto/digest.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import type { Verification } from "../../../core/verdict.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { ocMirrorImages, type SignedImage, slsaVersions } from "../../support/images.ts";
import {
  accepts,
  alice,
  bob,
  github,
  gives,
  judge,
  keyed,
  keyless,
  now,
  productionRoot,
  provenance,
  signed,
  slsa,
  vectors,
  withTrust,
  workflow,
} from "../../support/real-images.ts";
import { signedLayers } from "../../support/rewrite-image.ts";
import { skipped } from "../../support/vectors.ts";

const test = suite("core/verify/real-images");

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
        attestors:
        - entries:
          - keyless: { subject: "${subject}", issuer: "${github}", rekor: { url: "https://rekor.sigstore.dev" } }
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

if (vectors === undefined) skipped("core/verify/real-images", 38, "SALLYPORT_VECTORS is not set");
else {
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

  for (const [name, [code, run]] of Object.entries(wrongPolicies))
    test(`wrong policy: ${name}`, () => gives(code, run()));

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
