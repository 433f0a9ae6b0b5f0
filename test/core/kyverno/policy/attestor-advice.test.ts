import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advise } from "../../../../core/kyverno/policy/advice.ts";
import { entryWith, loaded, pem, policyText, ruleWith } from "./sample-policy.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/attestor-advice");
const codes = (entry: Record<string, unknown>): readonly string[] =>
  advise(loaded(policyText([ruleWith({ verifyImages: [entryWith(entry)] })])), defaultLimits).map(
    ({ code, pointer }) => `${code} ${pointer.split("/entries/0/").at(-1)}`,
  );
const one = (attestor: Record<string, unknown>) => codes({ attestors: [{ entries: [attestor] }] });
const keyless = (fields: Record<string, unknown>) =>
  one({ keyless: { subject: "s", issuer: "i", rekor: { url: "u" }, ...fields } });

test("expressions that match anywhere", () => {
  for (const pattern of ["github", "^github", "github$", ".*"])
    assert.equal(
      keyless({ subject: undefined, subjectRegExp: pattern }),
      ["unanchored-pattern keyless/subjectRegExp"],
      pattern,
    );
  for (const pattern of ["^a$", "\\Aa\\z", "(?i)^a$", "x{{ request.namespace }}"])
    assert.equal(keyless({ subject: undefined, subjectRegExp: pattern }), [], pattern);
  assert.equal(keyless({ issuer: undefined, issuerRegExp: "x" }), ["unanchored-pattern keyless/issuerRegExp"]);
});

test("stars that match more than meant", () => {
  for (const subject of ["https://github.com/*/app/x.yml@refs/heads/main", "a*@example.com", "https://github.com/org*"])
    assert.equal(keyless({ subject }), ["wildcard-crosses-slash keyless/subject"], subject);
  for (const subject of [
    "*@example.com",
    "https://github.com/org/*",
    "https://github.com/org/app/x.yml@refs/tags/*",
    "*",
    "plain",
  ])
    assert.equal(keyless({ subject }), [], subject);
});

test("half an identity, both forms of one", () => {
  assert.equal(keyless({ subject: undefined }), ["half-identity keyless"]);
  assert.equal(keyless({ issuer: undefined }), ["half-identity keyless"]);
  assert.equal(one({ keyless: { roots: "r" } }), ["half-identity keyless"]);
  assert.equal(keyless({ subjectRegExp: "^a$" }), ["both-forms keyless/subject"]);
});

test("several keys in one entry, nested ones too", () => {
  assert.equal(one({ keys: { publicKeys: pem + pem } }), ["several-keys keys/publicKeys"]);
  assert.equal(one({ attestor: { entries: [{ keys: { publicKeys: pem + pem } }] } }), ["several-keys keys/publicKeys"]);
});

test("annotations never pass in attestations", () => {
  const attestation = { type: "t", attestors: [{ entries: [{ keys: { publicKeys: pem }, annotations: { a: "b" } }] }] };
  assert.equal(codes({ attestors: [], attestations: [attestation] }), ["never-passes annotations"]);
});

test.run();
