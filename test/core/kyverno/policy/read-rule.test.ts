import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loaded, policyText, ruleFaults, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/read-rule");
const validate = { deny: { conditions: { all: [] } } };

test("a rule and its defaults", () => {
  const [rule] = loaded(
    policyText([ruleWith({ imageExtractors: { Task: [{ path: "/a" }] }, preconditions: { all: [] } })]),
  ).spec.rules;
  assert.is(rule?.name, "check");
  assert.is(rule?.pointer, "/spec/rules/0");
  assert.is(rule?.kind, "verifyImages");
  assert.equal(rule?.match, { any: [{ kinds: ["Pod"] }] });
  assert.is(rule?.exclude, undefined);
  assert.is(rule?.skipBackgroundRequests, true);
  assert.equal(
    [rule?.context.length, rule?.verifyImages.length, Object.keys(rule?.reportProperties ?? {}).length],
    [0, 1, 0],
  );
  assert.is(rule?.verifyImages[0]?.pointer, "/spec/rules/0/verifyImages/0");
  assert.ok(rule?.preconditions !== undefined && rule.imageExtractors?.Task !== undefined);
});

test("exactly one operation", () => {
  assert.equal(ruleFaults({ verifyImages: undefined }), ["invalid-policy "]);
  assert.equal(ruleFaults({ verifyImages: [] }), ["invalid-policy "]);
  assert.equal(ruleFaults({ validate }), ["invalid-policy "]);
  assert.equal(ruleFaults({ verifyImages: undefined, validate }), []);
});

test("what exported policies keep of other operations is nothing", () => {
  const leftovers: readonly Readonly<Record<string, unknown>>[] = [
    { generate: {}, mutate: {} },
    { generate: { clone: {} }, mutate: {} },
    { generate: { synchronize: false, clone: { name: "", namespace: "" }, cloneList: { kinds: [] } } },
    { mutate: { targets: [], patchesJson6902: "", foreach: [] } },
    { generate: { clone: {} }, mutate: {}, exclude: { resources: {} }, context: [] },
  ];
  for (const fields of leftovers) {
    assert.equal(ruleFaults(fields), [], JSON.stringify(fields));
    assert.is(loaded(policyText([ruleWith(fields)])).spec.rules[0]?.kind, "verifyImages");
  }
  for (const fields of [
    { generate: { clone: { name: "a" } } },
    { generate: { data: {} } },
    { generate: { synchronize: true } },
    { generate: { generateExisting: false } },
    { mutate: { patchStrategicMerge: {} } },
    { mutate: { targets: [{}] } },
    { validate: { message: "" } },
  ])
    assert.equal(ruleFaults(fields), ["invalid-policy "], JSON.stringify(fields));
});

test("an empty validate is refused, alone and beside another operation", () => {
  assert.equal(ruleFaults({ validate: {} }).toSorted(), ["invalid-policy ", "invalid-policy /validate"]);
  assert.equal(ruleFaults({ verifyImages: undefined, validate: {} }), ["invalid-policy /validate"]);
});

test("rules of other kinds load, keep their validate and are warned of", () => {
  const policy = loaded(
    policyText([
      ruleWith(),
      ruleWith({ name: "b", verifyImages: undefined, validate }),
      ruleWith({ name: "c", verifyImages: undefined, mutate: { patchStrategicMerge: {} } }),
    ]),
  );
  assert.equal(
    policy.spec.rules.map(({ kind }) => kind),
    ["verifyImages", "validate", "mutate"],
  );
  assert.is(policy.warnings.length, 2);
  assert.match(policy.warnings[0]?.message ?? "", /"b" is of the kind validate/);
  assert.ok(policy.spec.rules[1]?.validate !== undefined);
});

test("imageExtractors belong to rules over images", () =>
  assert.equal(ruleFaults({ verifyImages: undefined, validate, imageExtractors: { Pod: [{ path: "/a" }] } }), [
    "invalid-policy /imageExtractors",
  ]));

test("conditions in CEL are unsupported, an empty list of them counts as absent", () => {
  assert.equal(ruleFaults({ celPreconditions: [{ name: "a", expression: "true" }] }), [
    "unsupported /celPreconditions",
  ]);
  assert.equal(ruleFaults({ celPreconditions: [] }), []);
});

test("a name is needed", () => {
  assert.equal(ruleFaults({ name: "" }), ["invalid-policy /name"]);
  assert.equal(ruleFaults({ name: undefined }), ["invalid-policy /name"]);
});

test.run();
