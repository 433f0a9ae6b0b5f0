import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import type { PolicyValue } from "../../../../core/kyverno/policy/policy.ts";
import {
  evaluateConditions,
  evaluatePreconditions,
  compileConditions,
  unresolvedCondition,
} from "../../../../core/kyverno/rule/conditions.ts";
import { ExpressionCache } from "../../../../core/kyverno/rule/expression-cache.ts";
import { JsonContext } from "../../../../core/kyverno/rule/json-context.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/rule/conditions");
function contextOf(): JsonContext {
  const request = {
    operation: "CREATE",
    kind: { group: "", version: "v1", kind: "Pod" },
    object: { n: 5, s: "text" },
  } as const;
  return new JsonContext(request, {
    limits: defaultLimits,
    now: new Date("2026-01-01T00:00:00Z"),
    references: {},
    expressions: new ExpressionCache(),
  });
}
const condition = (holds: boolean, message?: string): PolicyValue => ({
  key: "a",
  operator: "Equals",
  value: holds ? "a" : "b",
  ...(message === undefined ? {} : { message }),
});
const yes = condition(true, "yes");
const no = condition(false, "no");
const unresolved = { key: "{{ nope }}", operator: "Equals", value: "a" };

const blocks: readonly (readonly [name: string, conditions: PolicyValue, holds: boolean, message: string])[] = [
  ["nothing", null, true, ""],
  ["an empty block", {}, true, ""],
  ["any with a hit", { any: [no, yes, no] }, true, "yes"],
  ["any without a hit", { any: [no, no] }, false, "no; no"],
  ["an empty any", { any: [] }, false, ""],
  ["an empty all", { all: [] }, true, ""],
  ["all", { all: [yes, yes] }, true, "yes; yes"],
  ["all with a miss", { all: [yes, no, no] }, false, "no"],
  ["any and all", { any: [yes], all: [yes] }, true, "yes; yes"],
  ["any holds, all does not", { any: [yes], all: [no] }, false, "no"],
  ["all holds, any does not", { any: [no], all: [yes] }, false, "no"],
  ["the old list", [yes, yes], true, "yes;yes"],
  ["the old list with a miss", [yes, no], false, "no"],
  ["a list of blocks", [{ any: [yes] }, { all: [yes] }], true, "yes;yes"],
  ["a list of blocks with a miss", [{ any: [yes] }, { all: [no] }, { any: [no, no] }], false, "no"],
  ["an empty list", [], true, ""],
];
for (const [name, conditions, holds, message] of blocks) {
  test(`${name}`, () => {
    for (const evaluate of [evaluateConditions, evaluatePreconditions]) {
      const result = evaluate(conditions, contextOf());
      assert.equal([result.holds, result.message], [holds, message]);
    }
  });
}

test("the conditions that decided: the true ones of what holds, the false ones of what does not", () => {
  const decided = (conditions: PolicyValue): readonly string[] =>
    evaluateConditions(conditions, contextOf()).decided.map(({ at }) => at);
  assert.equal(decided({ any: [no, yes], all: [yes, yes] }), ["/any/1", "/all/0", "/all/1"]);
  assert.equal(decided({ any: [no, no], all: [yes] }), ["/any/0", "/any/1"]);
  assert.equal(decided({ any: [no, yes], all: [yes, no, no] }), ["/all/1"], "an alternative that is false is none");
  assert.equal(decided({ any: [no], all: [no] }), ["/any/0", "/all/0"]);
  assert.equal(decided([yes, no, no]), ["/1"]);
  assert.equal(decided([yes, yes]), ["/0", "/1"]);
  assert.equal(decided([{ any: [yes] }, { all: [yes, no] }, { all: [no] }]), ["/1/all/1"]);
  assert.equal(decided([{ any: [yes] }, { all: [yes] }]), ["/0/any/0", "/1/all/0"]);
  assert.equal(decided([]), []);
});

test("the condition that could not be judged is found", () => {
  assert.is(unresolvedCondition([{ any: [yes, unresolved] }], contextOf())?.at, "/0/any/1");
  assert.is(unresolvedCondition({ all: [yes, unresolved] }, contextOf())?.at, "/all/1");
  assert.is(unresolvedCondition([yes, unresolved, unresolved], contextOf())?.at, "/1");
  assert.is(unresolvedCondition({ any: [{ key: "a", operator: "Foo", value: "a" }] }, contextOf())?.at, "/any/0");
  assert.is(unresolvedCondition([{ all: [yes] }], contextOf()), undefined);
});

test("a lone number is a double, one inside a list is not", () => {
  assert.ok(
    evaluateConditions({ all: [{ key: "{{ request.object.n }}", operator: "Equals", value: 5n }] }, contextOf()).holds,
  );
  assert.not.ok(
    evaluateConditions({ all: [{ key: "{{ [request.object.n] }}", operator: "Equals", value: [5n] }] }, contextOf())
      .holds,
  );
});

test("a condition that is not reached is not resolved, but those of an attestation all are", () => {
  assert.ok(evaluatePreconditions({ any: [yes, unresolved] }, contextOf()).holds);
  assert.not.ok(evaluateConditions([no, unresolved], contextOf()).holds);
  throwsCode("unresolved", () => evaluateConditions([{ any: [yes, unresolved] }], contextOf()));
});

test("a variable or an operator that does not exist is an error, not false", () => {
  throwsCode("unresolved", () => evaluatePreconditions({ all: [unresolved] }, contextOf()));
  throwsCode("unresolved", () =>
    evaluateConditions({ any: [{ key: "a", operator: "AnyIn", value: ["{{ nope }}"] }] }, contextOf()),
  );
  throwsCode("unresolved", () => evaluateConditions({ any: [{ key: "a", operator: "Foo", value: "a" }] }, contextOf()));
});

test("an open question passes through", () => {
  const context = contextOf();
  context.defer(
    "open",
    () => {
      throw new EngineError("not-in-mirror", "open", { subject: "key x" });
    },
    "merge",
  );
  const open = { key: "{{ open || 'a' }}", operator: "Equals", value: "a" };
  throwsCode("not-in-mirror", () => evaluatePreconditions({ all: [open] }, context));
  throwsCode("not-in-mirror", () => evaluateConditions([{ all: [open] }], context));
});

test("variables in messages are replaced, but not in those of preconditions", () => {
  const told = { all: [condition(false, "is {{ request.object.s }}")] };
  assert.is(evaluateConditions(told, contextOf()).message, "is text");
  assert.is(evaluatePreconditions(told, contextOf()).message, "is {{ request.object.s }}");
  const result = evaluateConditions({ all: [condition(true, "{{ nope }}")] }, contextOf());
  assert.equal([result.holds, result.message], [true, "{{ nope }}"]);
});

const broken: readonly PolicyValue[] = [
  "text",
  5n,
  { any: "x" },
  { all: [5n] },
  [{ key: "a", value: "b" }],
  { any: [{ key: "a", operator: 5n }] },
  ["text"],
];
for (const [index, value] of broken.entries())
  test(`a broken structure is malformed (${index})`, () =>
    void throwsCode("malformed", () => compileConditions(value)));

test.run();
