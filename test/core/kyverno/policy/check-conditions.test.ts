import { suite } from "uvu";
import * as assert from "uvu/assert";
import { entryFaults, entryWith, keysAttestor, loaded, policyText, ruleFaults, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/check-conditions");
const condition = { key: "a", operator: "Equals", value: "b" };

const preconditions: readonly (readonly [name: string, value: unknown, faults: readonly string[]])[] = [
  ["any and all", { any: [condition], all: [condition] }, []],
  ["the old plain list", [condition], []],
  ["an empty any, which is false", { any: [] }, []],
  ["a string", "a", [""]],
  ["an unknown block", { none: [condition] }, ["/none"]],
  ["no list", { all: condition }, ["/all"]],
  ["no condition", { all: ["a"] }, ["/all/0"]],
  ["no value", { all: [{ key: "a", operator: "Equals" }] }, ["/all/0"]],
  ["a null key", { all: [{ ...condition, key: null }] }, ["/all/0"]],
  ["a misspelt field", { all: [{ ...condition, mesage: "m" }] }, ["/all/0/mesage"]],
  ["an unknown operator", { all: [{ ...condition, operator: "equals" }] }, ["/all/0/operator"]],
  ["an operator that is no text", { all: [{ ...condition, operator: 5 }] }, ["/all/0/operator"]],
  [
    "Equal and NotEqual",
    {
      all: [
        { ...condition, operator: "Equal" },
        { ...condition, operator: "NotEqual" },
      ],
    },
    [],
  ],
  [
    "an operation that there is",
    { all: [{ key: "{{ request.operation }}", operator: "AnyIn", value: ["CREATE", "UPDATE"] }] },
    [],
  ],
  [
    "an operation that there is not",
    { all: [{ key: "{{request.operation}}", operator: "AnyIn", value: ["CREATED"] }] },
    ["/all/0/value"],
  ],
  [
    "an operation of another type",
    { all: [{ key: "{{request.operation}}", operator: "Equals", value: true }] },
    ["/all/0/value"],
  ],
  [
    "operations of another type",
    { all: [{ key: "{{request.operation}}", operator: "AnyIn", value: ["CREATE", 5] }] },
    ["/all/0/value"],
  ],
  [
    "an operation by a variable in a list",
    { all: [{ key: "{{request.operation}}", operator: "AnyIn", value: ["{{ request.object.x }}"] }] },
    ["/all/0/value"],
  ],
  [
    "an operation by a variable",
    { all: [{ key: "{{request.operation}}", operator: "Equals", value: "{{ request.object.x }}" }] },
    [],
  ],
];
for (const [name, value, faults] of preconditions)
  test(`preconditions: ${name}`, () =>
    assert.equal(
      ruleFaults({ preconditions: value }),
      faults.map((fault) => `invalid-policy /preconditions${fault}`),
    ));

test("deny is checked in both kinds of rules", () => {
  const deny = { conditions: { all: [{ ...condition, operator: "Foo" }] } };
  assert.equal(entryFaults({ validate: { deny } }), ["invalid-policy /validate/deny/conditions/all/0/operator"]);
  assert.equal(ruleFaults({ verifyImages: undefined, validate: { deny } }), [
    "invalid-policy /validate/deny/conditions/all/0/operator",
  ]);
});

test("attestations: empty blocks and lists are refused", () => {
  const attestations = (conditions: unknown) =>
    entryFaults({ attestations: [{ type: "t", attestors: [keysAttestor], conditions }] });
  assert.equal(attestations([{ all: [condition] }]), []);
  assert.equal(attestations([]), []);
  assert.equal(
    attestations([{}, { any: [] }, { all: [], any: [condition] }]),
    ["/0", "/1/any", "/2/all"].map((at) => `invalid-policy /attestations/0/conditions${at}`),
  );
  assert.equal(attestations([{ all: [{ key: "a", operator: "Equals" }] }]), [
    "invalid-policy /attestations/0/conditions/0/all/0",
  ]);
});

test("deprecated operators are warned of, with what replaced them", () => {
  const { warnings } = loaded(
    policyText([
      ruleWith({
        preconditions: {
          all: [
            { ...condition, operator: "In" },
            { ...condition, operator: "DurationLessThan" },
          ],
        },
        verifyImages: [entryWith()],
      }),
    ]),
  );
  assert.is(warnings.length, 2);
  assert.match(warnings[0]?.message ?? "", /AllIn or AnyIn/);
  assert.match(warnings[1]?.message ?? "", /use LessThan$/);
});

test.run();
