/** The pipeline on real images: what it proves, and that its order is the promised one. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { decodeBase64, encodeBase64 } from "../../../core/encoding/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import type { DistrustRow } from "../../../core/knowledge/knowledge.ts";
import { compileDistrust } from "../../../core/trust/distrust.ts";
import { TrustCache } from "../../../core/trust/trust-cache.ts";
import { bundleEntity, readBundleContent } from "../../../core/cosign/signed-entity-bundle.ts";
import { parseBundle } from "../../../core/cosign/bundle.ts";
import type { Verification } from "../../../core/verdict.ts";
import { type AttestorSpec, compileAttestor } from "../../../core/verify/attestor.ts";
import type { VerifyContext } from "../../../core/verify/context.ts";
import type { Evidence } from "../../../core/verify/evidence.ts";
import { type Check, stageOf, verifyEntity } from "../../../core/verify/verify-entity.ts";
import { type Asked, Lab, type Recipe, sign, verify as verifySigned, portableVerifier } from "../../lab/index.ts";
import {
  fixtureBundle,
  fixtureContext,
  fixtureEntity,
  fixtureImage,
  fixtureKnowledge,
  fixtureText,
} from "../../support/fixture-images.ts";
import { instead } from "../../support/instead.ts";
import { defaultLimits } from "../../../core/limits.ts";

/** The parts of a bundle that are changed here. */
interface BundleJson {
  verificationMaterial: {
    tlogEntries: { inclusionProof: { hashes: string[] } }[];
    timestampVerificationData?: { rfc3161Timestamps: unknown[] };
  };
  dsseEnvelope: { payload: string };
}

const test = suite("core/verify/verify-entity");
const pem = fixtureText("trust/release.pub");
const byKey: AttestorSpec = { keys: { pem }, rekor: { ignoreTlog: true } };
const mail: AttestorSpec = { keyless: { subject: "ada@example.com", issuer: "https://accounts.google.com" } };

const verify = (tag: string, spec: AttestorSpec, changes: Partial<VerifyContext> = {}): Verification<Evidence> =>
  verifyEntity(
    fixtureEntity(tag),
    compileAttestor(spec, { limits: defaultLimits }),
    { digest: fixtureImage(tag).digest },
    fixtureContext(changes),
  );

function proves(verification: Verification<Evidence>): Evidence {
  if (verification.truth !== "proven") throw new Error(JSON.stringify(verification));
  return verification.evidence;
}
function fails(code: ErrorCode, verification: Verification<Evidence>, check?: string): void {
  assert.not.equal(verification.truth, "proven");
  if (verification.truth === "proven") return;
  assert.is(verification.failures[0]?.code, code, JSON.stringify(verification));
  if (check !== undefined) assert.is(verification.failures[0]?.check, check);
}

/** The keyless bundle with its JSON changed. */
function changed(change: (bundle: BundleJson) => void) {
  const bundle = JSON.parse(fixtureBundle()) as BundleJson;
  change(bundle);
  const { source } = fixtureEntity("signed-keyless");
  const parsed = parseBundle(JSON.stringify(bundle), defaultLimits);
  return bundleEntity(parsed, source, readBundleContent(parsed, defaultLimits));
}
const verifyChanged = (change: (bundle: BundleJson) => void, spec = mail, changes: Partial<VerifyContext> = {}) =>
  verifyEntity(
    changed(change),
    compileAttestor(spec, { limits: defaultLimits }),
    { digest: fixtureImage("signed-keyless").digest },
    fixtureContext(changes),
  );

test("the order: time, certificate, signature, content, identity, and the log is asked when all of them hold", () => {
  const order: readonly Check[] = [
    "distrust.content",
    "entity.content",
    "signer",
    "signature.cause",
    "tlog.entry",
    "timestamp.token",
    "x509.path",
    "x509.sct",
    "signature",
    "content.digest",
    "content.predicate-type",
    "identity",
    "annotations",
    "tlog.lookup",
    "x509.path-at-lookup",
    "timestamp.required",
    "signature.age",
    "distrust.evidence",
    "freshness",
  ];
  assert.equal(
    order.map(stageOf),
    order.map((_, index) => index + 1),
  );
});

test("a key: the evidence names it, and needs no trusted root", () => {
  const evidence = proves(verify("signed", byKey));
  assert.is(evidence.signer.kind, "key");
  assert.is(evidence.trustedRoot, undefined);
  assert.equal(
    [evidence.times, evidence.logEntries, evidence.certificateTransparency, evidence.judgedNow],
    [[], [], [], false],
  );
});

test("a key and a log: the entry's time and proof", () => {
  const evidence = proves(
    verify("signed-and-logged", {
      keys: { pem },
      rekor: { ignoreTlog: false, pubKey: fixtureText("trust/rekor.pub") },
    }),
  );
  assert.equal(
    evidence.logEntries.map(({ provenBy, from }) => [provenBy, from]),
    [[["set"], "carried"]],
  );
  assert.is(evidence.times[0]?.source, "rekor");
});

test("an identity: chain, SCT, log, timestamp, trusted root; as plain JSON", () => {
  const evidence = proves(verify("signed-keyless", mail));
  assert.is(JSON.stringify(JSON.parse(JSON.stringify(evidence))), JSON.stringify(evidence));
  const { signer } = evidence;
  assert.ok(signer.kind === "certificate");
  if (signer.kind !== "certificate") return;
  assert.equal(
    [signer.subjects, signer.issuer, signer.chain.length],
    [["ada@example.com"], "https://accounts.google.com", 3],
  );
  assert.is(evidence.certificateTransparency.length, 1);
  assert.equal(evidence.logEntries[0]?.provenBy, ["inclusion"]);
  assert.equal(
    evidence.times.map(({ source }) => source),
    ["timestamp-authority"],
    "a Rekor v2 entry has no time of its own",
  );
  assert.match(evidence.trustedRoot ?? "", /^sha256:/);
  const predicateType = "https://sigstore.dev/cosign/sign/v1";
  assert.equal(evidence.statement, { type: "https://in-toto.io/Statement/v1", predicateType });
  assert.is(proves(verify("signed", byKey)).statement, undefined);
});

test("both verifiers prove the same", () => {
  for (const [tag, spec] of [
    ["signed", byKey],
    ["signed-keyless", mail],
  ] as const)
    assert.equal(
      verify(tag, spec),
      verify(tag, spec, { verifier: nobleVerifier, trust: new TrustCache(nobleVerifier, { limits: defaultLimits }) }),
    );
});

test("a certificate that no signed time covers is judged at the time of the decision, and the evidence says so", () => {
  const spec: AttestorSpec = {
    certificates: { certChain: fixtureText("trust/root.pem") },
    rekor: { ignoreTlog: true },
  };
  const evidence = proves(verify("signed-cert", spec));
  assert.ok(evidence.judgedNow);
  fails(
    "certificate-not-valid-then",
    verify("signed-cert", spec, { now: new Date("2060-01-01T00:00:00Z") }),
    "x509.path",
  );
  const untimed: AttestorSpec = { ...mail, rekor: { ignoreTlog: true } };
  fails(
    "certificate-not-valid-then",
    verifyChanged((bundle) => void delete bundle.verificationMaterial.timestampVerificationData, untimed),
    "x509.path",
  );
});

test("a bundle's certificate where a key is required, a key where a certificate is", () => {
  fails("wrong-key", verify("signed-keyless", byKey), "signer");
  fails("no-certificate", verify("signed", mail), "signer");
});

test("time comes first, identity last: what is wrong early is named, whatever else is wrong", () => {
  const nobody: AttestorSpec = { keyless: { subject: "nobody", issuer: "nobody" } };
  const breakLog = (bundle: BundleJson) => {
    const [entry] = bundle.verificationMaterial.tlogEntries;
    if (entry !== undefined) entry.inclusionProof.hashes = [encodeBase64(new Uint8Array(32))];
  };
  const breakTime = (bundle: BundleJson) => {
    bundle.verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [] };
  };
  const breakSignature = (bundle: BundleJson) => {
    bundle.dsseEnvelope.payload = encodeBase64(
      encodeUtf8(
        JSON.stringify({
          ...JSON.parse(decodeUtf8(decodeBase64(bundle.dsseEnvelope.payload))),
          predicate: { changed: true },
        }),
      ),
    );
  };
  fails(
    "bad-log-proof",
    verifyChanged((bundle) => {
      breakLog(bundle);
      breakTime(bundle);
    }, nobody),
    "tlog.entry",
  );
  fails("no-timestamp", verifyChanged(breakTime, nobody), "x509.path");
  fails(
    "wrong-identity",
    verifyChanged(() => undefined, nobody),
    "identity",
  );
  fails("bad-signature", verifyChanged(breakSignature, nobody), "signature.cause");
});

test("what the policy says is not to be checked is not read", () => {
  const dropEntries = (bundle: BundleJson) => {
    bundle.verificationMaterial.tlogEntries = [];
  };
  const noLog: AttestorSpec = { ...mail, rekor: { ignoreTlog: true } };
  proves(verifyChanged(dropEntries, noLog));
  fails("no-log-proof", verifyChanged(dropEntries, mail), "tlog.entry");
});

test("without trust a keyless signature is unknown, and the question stays open", () => {
  const silent = instead(fixtureKnowledge, "trusted-root");
  const verification = verify("signed-keyless", mail, { knowledge: silent });
  assert.is(verification.truth, "unknown");
  assert.ok(verification.truth === "unknown" && verification.open.some(({ kind }) => kind === "trusted-root"));
  // A certain refutation is certain without trust too.
  fails("wrong-key", verify("signed-by-someone-else", byKey, { knowledge: silent }));
});

test("another digest than the signed one", () => {
  const verification = verifyEntity(
    fixtureEntity("signed"),
    compileAttestor(byKey, { limits: defaultLimits }),
    { digest: fixtureImage("unsigned").digest },
    fixtureContext(),
  );
  fails("wrong-digest", verification, "content.digest");
});

test("the distrust list: content, key, certificate, identity, log", () => {
  const evidence = proves(verify("signed-keyless", mail));
  const { signer } = evidence;
  if (signer.kind !== "certificate") throw new Error("no certificate");
  const key = proves(verify("signed", byKey)).signer.fingerprint;
  const rows: readonly (readonly [DistrustRow, string, AttestorSpec])[] = [
    [{ kind: "digest", value: fixtureImage("signed").digest }, "signed", byKey],
    [{ kind: "digest", value: fixtureEntity("signed").source.digest }, "signed", byKey],
    [{ kind: "key", value: key }, "signed", byKey],
    [{ kind: "certificate", value: signer.fingerprint }, "signed-keyless", mail],
    [{ kind: "certificate", value: signer.chain.at(-1) ?? "" }, "signed-keyless", mail],
    [{ kind: "identity", value: "*@example.com" }, "signed-keyless", mail],
    [{ kind: "log", value: evidence.logEntries[0]?.logId ?? "" }, "signed-keyless", mail],
    [{ kind: "log", value: evidence.certificateTransparency[0]?.logId ?? "" }, "signed-keyless", mail],
  ];
  for (const [row, tag, spec] of rows)
    fails("distrusted", verify(tag, spec, { distrust: compileDistrust([row], defaultLimits) }));
  proves(verify("signed", byKey, { distrust: compileDistrust([{ kind: "identity", value: "*" }], defaultLimits) }));
});

test("timestamps of a bare key are read where one is required", () => {
  const lab = new Lab();
  const times = (timestampRequired: boolean, recipe: Recipe = {}) => {
    const signed = sign(lab, { evidence: ["timestamp"], ...recipe });
    const verification = verifySigned(signed, portableVerifier, { options: { timestampRequired } });
    return verification.truth === "proven" ? verification.evidence.times.length : verification.failures[0]?.code;
  };
  assert.is(times(false), 0);
  assert.is(times(true), 1);
  const broken: Recipe = { change: { stamped: (message) => message.slice(1) } };
  assert.is(times(false, broken), 0);
  assert.is(times(true, broken), "bad-timestamp");
});

test("a required timestamp is missed last of all: what else is wrong is named first, and so is the unknown", () => {
  const lab = new Lab();
  const options = { timestampRequired: true };
  const verdicts = (recipe: Recipe, asked: Asked = {}) => {
    const verification = verifySigned(sign(lab, recipe), portableVerifier, { options, ...asked });
    return verification.truth === "proven"
      ? "proven"
      : `${verification.truth}: ${verification.failures.map(({ check, code }) => `${check} ${code}`).join(", ")}`;
  };
  for (const by of ["key", "certificate"] as const) {
    const logged: Recipe = { by, evidence: ["promise", "proof"] };
    assert.is(verdicts({ by, evidence: ["rekor2", "timestamp"] }), "proven", by);
    assert.is(verdicts(logged), "refuted: timestamp.required no-timestamp", by);
    assert.is(verdicts({ ...logged, claim: "attestation" }), "refuted: timestamp.required no-timestamp", by);
    const stranger = { change: { signingKey: () => lab.key("stranger") } };
    assert.match(verdicts({ ...logged, ...stranger }), /^refuted: signature(\.cause)? (wrong-key|bad-signature)$/, by);
  }
  // A layer's timestamp counts with the policy's own authority alone, and nobody names one here.
  const layer: Recipe = { layout: "tag", evidence: ["promise"] };
  assert.is(verdicts(layer), "refuted: timestamp.required no-timestamp");
  const signed = sign(lab, { by: "certificate", evidence: ["promise", "proof"] });
  const silent = { ...signed.knowledge, answer: () => undefined };
  assert.match(verdicts({ by: "certificate" }, { knowledge: silent }), /^unknown: /);
});

test.run();
