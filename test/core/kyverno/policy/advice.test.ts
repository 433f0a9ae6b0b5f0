import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advise } from "../../../../core/kyverno/policy/advice.ts";
import { entryWith, keysAttestor, loaded, policyText, ruleWith } from "./sample-policy.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/advice");
const codes = (entry: Record<string, unknown>): readonly string[] =>
  advise(loaded(policyText([ruleWith({ verifyImages: [entryWith(entry)] })])), defaultLimits).map(({ code }) => code);
const deny = { conditions: { all: [{ key: "a", operator: "Equals", value: "a" }] } };
const attestations = [{ type: "t", attestors: [keysAttestor] }];

test("nothing to say of a plain policy", () => assert.equal(codes({}), []));

test("both kinds of evidence, and a denial that is never evaluated", () => {
  assert.equal(codes({ attestations }), ["signatures-and-attestations"]);
  assert.equal(codes({ validate: { deny } }), ["deny-without-attestations"]);
  assert.equal(codes({ attestors: [], attestations, validate: { deny } }), []);
});

test("advice has a position and comes from every rule over images", () => {
  const rules = [
    ruleWith({ verifyImages: [entryWith({ imageReferences: ["nginx:*"] })] }),
    ruleWith({ name: "b", verifyImages: undefined, validate: { deny: {} } }),
  ];
  const [found, ...rest] = advise(loaded(policyText(rules)), defaultLimits);
  assert.equal(
    [found?.code, found?.pointer, found?.file, rest.length],
    ["no-registry", "/spec/rules/0/verifyImages/0/imageReferences/0", "policy.yaml", 0],
  );
  assert.ok((found?.line ?? 0) > 1);
});

test.run();
