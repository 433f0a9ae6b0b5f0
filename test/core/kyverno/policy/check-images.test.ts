import { suite } from "uvu";
import * as assert from "uvu/assert";
import { entryFaults, entryWith, keysAttestor, loaded, policyText, ruleFaults, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/check-images");
const audit = { validationFailureAction: "Audit" };

test("at least one image reference, and no variables in one", () => {
  assert.equal(entryFaults({ imageReferences: [] }), ["invalid-policy /imageReferences"]);
  assert.equal(entryFaults({ imageReferences: undefined }), ["invalid-policy /imageReferences"]);
  assert.equal(entryFaults({ imageReferences: ["a", "{{ request.namespace }}/*"] }), [
    "invalid-policy /imageReferences/1",
  ]);
  assert.equal(entryFaults({ skipImageReferences: ["{{ request.namespace }}/*"] }), []);
});

test("no attestors at all is valid: digests only", () => assert.equal(entryFaults({ attestors: undefined }), []));

test("mutateDigest and the failure action Audit, in the policy or the entry", () => {
  assert.equal(entryFaults({}, audit), ["invalid-policy /mutateDigest"]);
  assert.equal(entryFaults({}, { validationFailureAction: undefined }), ["invalid-policy /mutateDigest"]);
  assert.equal(entryFaults({ mutateDigest: false }, audit), []);
  assert.equal(entryFaults({ failureAction: "Enforce" }, audit), []);
  assert.equal(entryFaults({ failureAction: "Audit" }), ["invalid-policy /mutateDigest"]);
});

test("an entry's action holds for those after it that have none", () => {
  const entries = [entryWith({ failureAction: "Audit", mutateDigest: false }), entryWith({ mutateDigest: true })];
  assert.equal(ruleFaults({ verifyImages: entries }), ["invalid-policy /verifyImages/1/mutateDigest"]);
  assert.equal(ruleFaults({ verifyImages: [...entries].reverse() }), []);
});

test("an attestation needs attestors", () => {
  for (const attestors of [undefined, []])
    assert.equal(entryFaults({ attestations: [{ type: "t", attestors }] }), [
      "invalid-policy /attestations/0/attestors",
    ]);
  assert.equal(entryFaults({ attestations: [{ type: "t", attestors: [{ entries: [] }] }] }), [
    "invalid-policy /attestations/0/attestors/0",
  ]);
  assert.equal(entryFaults({ attestations: [{ attestors: [keysAttestor] }] }), []);
});

test("predicateType is deprecated, and ignored beside another type", () => {
  const warnings = (attestation: Record<string, unknown>) =>
    loaded(
      policyText([
        ruleWith({ verifyImages: [entryWith({ attestations: [{ attestors: [keysAttestor], ...attestation }] })] }),
      ]),
    ).warnings.map(({ message }) => message);
  assert.match(warnings({ predicateType: "x" }).join(), /has been deprecated/);
  assert.match(warnings({ predicateType: "x", type: "y" }).join(), /is ignored/);
  assert.equal(warnings({ type: "y" }), []);
});

test("Notary is unsupported, beside what else is wrong", () =>
  assert.equal(entryFaults({ type: "Notary", imageReferences: [] }), [
    "invalid-policy /imageReferences",
    "unsupported /type",
  ]));

test("a jmesPath in an extractor and mutateDigest do not go together", () => {
  const rule = (mutateDigest: boolean) => ({
    imageExtractors: { Task: [{ path: "/a", jmesPath: "trim_prefix(@, 'x')" }] },
    verifyImages: [entryWith({ mutateDigest: false }), entryWith({ mutateDigest })],
  });
  assert.equal(ruleFaults(rule(true)), ["invalid-policy /imageExtractors/Task/0/jmesPath"]);
  assert.equal(ruleFaults(rule(false)), []);
});

test.run();
