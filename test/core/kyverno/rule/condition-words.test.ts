import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import type { PolicyValue } from "../../../../core/kyverno/policy/policy.ts";
import { decidedWords, unresolvedWords } from "../../../../core/kyverno/rule/condition-words.ts";

const test = suite("core/kyverno/rule/condition-words");

const branch = { key: "{{ repo.branch }}", operator: "Equals", value: "{{ wanted }}" };
const placed = (value: PolicyValue) => ({
  value,
  pointer: "/conditions",
  position: (at: string) => ({ file: "p.yaml", line: 30 + at.length, column: 1 }),
});
const decided = (at: string, key: PolicyValue, value: PolicyValue, operator = "Equals") => ({
  at,
  operator,
  key,
  value,
});

test("as it is written, what is wanted, what was there, and the line", () => {
  const conditions = placed([{ all: [branch] }]);
  assert.is(
    decidedWords({ holds: false, decided: [decided("/0/all/0", "next", "main")] }, conditions),
    'conditions[0].all[0]: {{ repo.branch }} Equals "main" is false: it is "next" (p.yaml:38)',
  );
  assert.is(
    decidedWords({ holds: true, decided: [decided("/0/all/0", "main", "main")] }, conditions),
    'conditions[0].all[0]: {{ repo.branch }} Equals "main" is true: it is "main" (p.yaml:38)',
  );
});

test("of every form of conditions, and of every kind of value", () => {
  const list = [{ key: "{{ reviewers }}", operator: "AnyIn", value: ["ana", "bob"] }];
  for (const [at, value] of [
    ["/0", list],
    ["/any/0", { any: list }],
    ["/0/any/0", [{ any: list }]],
  ] as const)
    assert.match(
      decidedWords({ holds: false, decided: [decided(at, ["eve", 5n, null], ["ana", "bob"], "AnyIn")] }, placed(value)),
      /^conditions[^ ]*: \{\{ reviewers \}\} AnyIn \["ana","bob"\] is false: it is \["eve",5,null\] \(p\.yaml:\d+\)$/,
    );
});

test("a key without variable is what it is; long values and many conditions are cut", () => {
  const plain = placed({ all: [{ key: "a", operator: "Equals", value: "b" }] });
  assert.is(
    decidedWords({ holds: false, decided: [decided("/all/0", "a", "b")] }, plain),
    'conditions.all[0]: "a" Equals "b" is false (p.yaml:36)',
  );
  const long = decidedWords({ holds: false, decided: [decided("/all/0", "x".repeat(5000), "b")] }, plain);
  assert.ok(long.length < 300, long);
  const many = Array.from({ length: 9 }, (_, index) => decided(`/any/${index}`, "a", "b"));
  assert.match(decidedWords({ holds: false, decided: many }, plain), /; and 6 more$/);
  assert.is(decidedWords({ holds: true, decided: [] }, plain), "");
});

test("what does not resolve: the innermost reason", () => {
  const error = new EngineError("unresolved", "failed to substitute", {
    cause: new EngineError("unresolved", "failed to resolve", {
      cause: new EngineError("unresolved", 'Unknown key "branch" in path'),
    }),
  });
  assert.is(
    unresolvedWords({ at: "/0/all/0", ...branch }, error, placed([{ all: [branch] }])),
    'conditions[0].all[0]: {{ repo.branch }} Equals {{ wanted }}: Unknown key "branch" in path (p.yaml:38)',
  );
});

test.run();
