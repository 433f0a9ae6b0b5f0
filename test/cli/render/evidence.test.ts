import { suite } from "uvu";
import * as assert from "uvu/assert";
import { candidateNode, evidenceNodes, failureNode, openNodes, sourceText } from "../../../cli/render/evidence.ts";
import type { Failure } from "../../../core/verdict.ts";
import type { Evidence } from "../../../core/verify/evidence.ts";
import { certificateEvidence, keyEvidence, source } from "./evidence-samples.ts";

const test = suite("cli/render/evidence");
const now = new Date("2026-11-22T17:03:00Z");
const failure = (code: Failure["code"], stage: number): Failure => ({ check: "x", code, reason: "because", stage });
const texts = (evidence: Evidence) => evidenceNodes(evidence, now).map(({ label, text }) => `${label} ${text}`);

test("says where a candidate was read", () => {
  assert.is(sourceText(source), "cosign tag sha256-aa.sig layer 0");
  assert.is(
    sourceText({ layout: "bundle", digest: `sha256:${"b".repeat(64)}`, manifest: `sha256:${"c".repeat(64)}` }),
    `bundle referrer sha256:${"c".repeat(64)}`,
  );
});

test("a key needs no trusted root, and says so", () => {
  assert.equal(texts(keyEvidence), [
    "payload names sha256:00",
    "key f00d (ecdsa-sha256)",
    "trust no trusted root was needed",
  ]);
});

test("a certificate has its subject, its times and its logs", () => {
  const lines = texts(certificateEvidence);
  assert.ok(lines.includes("time 2026-10-02 08:14 UTC (51 d ago) by rekor c0d2"));
  assert.ok(lines.includes("log rekor.example #193422071"));
  assert.ok(lines.includes("trust trusted root sha256:6494"));
  const certificate = evidenceNodes(certificateEvidence, now).find(({ label }) => label === "certificate");
  assert.equal(
    certificate?.children?.map(({ label }) => label),
    ["chain", "validity", "subject", "issuer", "githubWorkflowTrigger"],
  );
});

test("a proof that lasts only as long as the certificate warns", () => {
  assert.ok(evidenceNodes({ ...keyEvidence, judgedNow: true }, now).some(({ mark }) => mark === "warning"));
});

test("what refutes and what is unknown have different marks", () => {
  assert.is(failureNode(failure("wrong-key", 1)).mark, "fail");
  assert.is(failureNode(failure("not-in-mirror", 1)).mark, "unknown");
  assert.is(
    candidateNode(
      { source, verification: { truth: "unknown", failures: [failure("no-trust", 1)], open: [] } },
      0,
      2,
      now,
    ).label,
    "signature 1/2",
  );
});

test("an open question is told once", () => {
  const question = { kind: "tag", repository: "a.example/b", tag: "1" } as const;
  assert.equal(
    openNodes([question, { ...question }], []).map(({ text }) => text),
    ["a.example/b:1 is not in the mirror"],
  );
  assert.equal(openNodes([question], [{ ...failure("not-in-mirror", 0), question }]), [], "a failure tells of it");
});

test.run();
