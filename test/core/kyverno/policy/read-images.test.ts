import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Findings } from "../../../../core/kyverno/policy/findings.ts";
import { readImageVerification } from "../../../../core/kyverno/policy/read-images.ts";
import { keysAttestor, load, pem, policyText, ruleFaults, ruleWith } from "./sample-policy.ts";
import type { PolicyMap } from "../../../../core/kyverno/policy/policy.ts";

const test = suite("core/kyverno/policy/read-images");
const attestor = keysAttestor as PolicyMap;

function read(value: PolicyMap) {
  const findings = new Findings();
  return { entry: readImageVerification(value, "/v", findings), warnings: findings.warnings };
}

test("defaults of the CRD", () => {
  const { entry } = read({ imageReferences: ["a"] });
  assert.equal(entry, {
    pointer: "/v",
    type: "Cosign",
    imageReferences: ["a"],
    skipImageReferences: [],
    attestors: [],
    attestations: [],
    mutateDigest: true,
    verifyDigest: true,
    required: true,
    useCache: true,
  });
});

test("what is given", () => {
  const { entry } = read({
    imageReferences: ["a"],
    type: "SigstoreBundle",
    failureAction: "Audit",
    repository: "r",
    mutateDigest: false,
    required: false,
    validate: { message: "m", deny: { conditions: { any: [] } } },
  });
  assert.is(entry.type, "SigstoreBundle");
  assert.equal(
    [entry.failureAction, entry.repository, entry.mutateDigest, entry.verifyDigest, entry.required],
    ["Audit", "r", false, true, false],
  );
  assert.equal(entry.validate, { message: "m", deny: { any: [] } });
});

test("type wins over predicateType; neither is absent", () => {
  const { entry } = read({
    attestations: [{ predicateType: "p" }, { type: "t", predicateType: "p" }, { type: "", predicateType: "p" }, {}],
  });
  assert.equal(
    entry.attestations.map(({ type }) => type),
    ["p", "t", "p", undefined],
  );
});

test("legacy: image and key", () => {
  const { entry } = read({ imageReferences: ["a"], image: "b", key: pem, annotations: { x: "y" } });
  assert.equal(entry.imageReferences, ["a", "b"]);
  assert.equal(JSON.parse(JSON.stringify(entry.attestors)), [
    { pointer: "/v/key", entries: [{ pointer: "/v/key", keys: { publicKeys: pem }, annotations: { x: "y" } }] },
  ]);
});

test("legacy: issuer, subject and roots", () => {
  const { entry } = read({ image: "b", issuer: "i", subject: "s", roots: "r" });
  assert.equal(entry.attestors[0]?.entries[0]?.keyless, { issuer: "i", subject: "s", roots: "r" });
});

test("legacy: Kyverno's admission checks", () => {
  const faults = (entry: Record<string, unknown>) => ruleFaults({ verifyImages: [entry] });
  assert.equal(faults({ imageReferences: ["a"], key: pem }), []);
  assert.equal(faults({ image: "a" }), []);
  assert.equal(faults({ image: "a", issuer: "i", subject: "s", roots: "r" }), []);
  assert.is(faults({ image: "a", issuer: "i", subject: "s" }).length, 1);
  assert.is(faults({ image: "", key: pem }).length, 1);
  assert.is(faults({ image: "a", annotations: { x: "y" } }).length, 1);
});

test("legacy: a key is appended to given attestors", () => {
  assert.equal(read({ image: "a", key: pem, attestors: [attestor] }).entry.attestors.length, 2);
});

test("legacy: key and issuer beside attestations, where Kyverno drops them, are refused once, with that reason", () => {
  const faults = (entry: Record<string, unknown>) =>
    load(policyText([ruleWith({ verifyImages: [entry] })])).errors.map(({ message }) => message);
  for (const older of [{ key: pem }, { issuer: "i", subject: "s" }])
    for (const attestors of [undefined, [attestor]]) {
      const said = faults({ image: "a", ...older, attestations: [{ type: "t", attestors }] });
      assert.is(said.length, 1, said.join("\n"));
      assert.match(said[0] ?? "", /(key|issuer): is not asked of attestations.* of attestations\[\]\.attestors\[\]/);
    }
  assert.match(
    faults({ image: "a", attestations: [{ type: "t" }] })[0] ?? "",
    /expected at least one attestor, found none/,
  );
});

test("legacy: annotations beside attestations are the default of their attestors, with a warning", () => {
  const { entry, warnings } = read({
    image: "a",
    annotations: { x: "y" },
    attestations: [{ type: "t", attestors: [attestor] }],
  });
  assert.equal(entry.attestors, []);
  assert.equal({ ...entry.attestations[0]?.attestors[0]?.entries[0]?.annotations }, { x: "y" });
  assert.is(warnings.length, 1);
});

test("annotations beside attestors are the default of each", () => {
  const { entry } = read({ imageReferences: ["a"], annotations: { x: "y" }, attestors: [attestor] });
  assert.equal({ ...entry.attestors[0]?.entries[0]?.annotations }, { x: "y" });
});

test.run();
