import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { EngineError } from "../../../../core/errors.ts";
import type { PolicyValue } from "../../../../core/kyverno/policy/policy.ts";
import { goJson } from "../../../../core/jmespath/go-text.ts";
import { ExpressionCache } from "../../../../core/kyverno/rule/expression-cache.ts";
import { JsonContext } from "../../../../core/kyverno/rule/json-context.ts";
import type { Operation } from "../../../../core/kyverno/rule/request.ts";
import {
  deepSubstitute,
  hasVariables,
  substitute,
  substituteMessage,
  substituteText,
} from "../../../../core/kyverno/rule/variables.ts";
import { defaultLimits, type Limits } from "../../../../core/limits.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/rule/variables");

function contextOf(
  variables: JsonObject = {},
  operation: Operation = "CREATE",
  limits: Partial<Limits> = {},
): JsonContext {
  const request = {
    operation,
    kind: { group: "", version: "v1", kind: "Pod" },
    object: { metadata: { name: "new" } },
    oldObject: { metadata: { name: "old" } },
  };
  const context = new JsonContext(request, {
    limits: { ...defaultLimits, ...limits },
    now: new Date("2026-01-01T00:00:00Z"),
    references: {},
    expressions: new ExpressionCache(),
  });
  context.merge(variables);
  return context;
}

const variables: JsonObject = {
  s: "text",
  n: 5,
  b: true,
  l: [1, "a"],
  m: { x: "y" },
  none: { z: null },
  k: "x",
  nested: "{{ s }}",
  loop: "{{ loop }} ",
  html: "<a>",
  braces: "{{ nope }}",
};

const cases: readonly (readonly [text: PolicyValue, expected: PolicyValue])[] = [
  ["{{ s }}", "text"],
  ["{{s}}", "text"],
  ["{{ n }}", 5],
  ["{{ b }}", true],
  ["{{ none.z }}", null],
  ["{{ l }}", [1, "a"]],
  ["{{ m }}", { x: "y" }],
  [" {{ n }}", " 5"],
  ["a {{ s }} b {{ n }}{{ b }}", "a text b 5true"],
  ["{{ l }}!", '[1,"a"]!'],
  ["v{{ none.z }}", "vnull"],
  ["v{{ m }}", 'v{"x":"y"}'],
  ["v{{ [html] }}", 'v["\\u003ca\\u003e"]'],
  ["{{ m.{{ k }} }}", "y"],
  ["<{{ nested }}>", "<text>"],
  ["{{ nested }}", "{{ s }}"],
  ["{{- nested }}", "{{ s }}"],
  ["<{{- nested }}>", "<{{ s }}>"],
  // The last variable of a round ends all rounds when it is shallow; one that follows another at once is of the next.
  ["<{{ nested }} {{- s }}>", "<{{ s }} text>"],
  ["<{{- nested }} {{ s }}>", "<{{ s }} text>"],
  ["{{- s }}{{ s }}", "text{{ s }}"],
  ["{{ m.{{- k }} }}", "{{ m.x }}"],
  ["v{{- none.z }}", "vnull"],
  ["\\{{ open", "{{ open"],
  ["\\{{ s }}", "{{ s }}"],
  ["a \\{{ s }} {{ s }}", "a {{ s }} text"],
  ["{{ {a: s}.a }}", "text"],
  ["{{ nope || 'x' }}", "x"],
  ["{{ s", "{{ s"],
  ["$(", "$("],
  [5n, 5n],
  [null, null],
  [
    ["{{ s }}", { "{{ k }}": [7n, "{{ n }}"] }],
    ["text", { x: [7n, 5] }],
  ],
  [
    { a: "$(./../b)", b: "{{ s }}" },
    { a: "text", b: "text" },
  ],
];
for (const [value, expected] of cases) {
  const show = (side: PolicyValue): string => (typeof side === "string" ? side : goJson(side));
  test(`${show(value)} becomes ${show(expected)}`, () =>
    assert.is(goJson(substitute(value, contextOf(variables))), goJson(expected)));
}

test("an integer of the policy stays one, a number of the context is a double", () => {
  const [through, literal] = substitute(["{{ n }}", 5n], contextOf(variables)) as readonly PolicyValue[];
  assert.is(through, 5);
  assert.is(literal, 5n);
});

test("what does not resolve", () => {
  for (const text of [
    "{{ nope }}",
    "{{ }}",
    "{{ s.[ }}",
    "{{ nofunction(s) }}",
    "x {{ nope }}",
    "$(/nope)",
    "$(.)",
    "x {{- n }}",
    "x {{- l }}",
  ])
    throwsCode("unresolved", () => substitute(text, contextOf(variables)));
  throwsCode("unresolved", () => substitute({ "{{ n }}": 1n }, contextOf(variables)));
});

test("a deletion reads the old object", () => {
  assert.is(substitute("{{ request.object.metadata.name }}", contextOf({}, "DELETE")), "old");
  assert.is(substitute("{{ request.object.metadata.name }}", contextOf()), "new");
});

test("the node's own value", () =>
  assert.is(
    goJson(substitute({ validate: { pattern: { metadata: { name: "{{@}}" } } } }, contextOf())),
    goJson({ validate: { pattern: { metadata: { name: "new" } } } }),
  ));

test("replacing ends, and stays within bounds", () => {
  throwsCode("over-budget", () => substitute("<{{ loop }}>", contextOf(variables)));
  throwsCode("over-limit", () =>
    substitute("<{{ a }}{{ a }}>", contextOf({ a: "x".repeat(100) }, "CREATE", { resourceBytes: 150 })),
  );
  throwsCode("over-budget", () => substitute("<{{ a }}>", contextOf({ a: "{{ request.operation }} ".repeat(10_001) })));
});

test("doubling variables end at a bound", () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`v${index}`, `{{ v${index + 1} }}x{{ v${index + 1} }}`]),
  );
  throwsCode(["over-budget", "over-limit"], () => substitute("<{{ v0 }}>", contextOf({ ...doubling, v40: "x" })));
});

test("ignorance keeps its code and its question", () => {
  const context = contextOf();
  context.defer(
    "open",
    () => {
      throw new EngineError("unreachable", "open", { subject: "key x" });
    },
    "merge",
  );
  for (const text of ["{{ open }}", "a {{ open.x || 'y' }}"])
    assert.is(throwsCode("unreachable", () => substitute(text, context)).subject, "key x");
});

test("text and messages", () => {
  assert.is(substituteText("{{ m }}", contextOf(variables)), '{"x":"y"}');
  assert.is(substituteMessage("see {{ nope }}", contextOf(variables)), "see {{ nope }}");
  assert.is(substituteMessage("see {{ s }}", contextOf(variables)), "see text");
});

test("a part of a rule keeps its shape", () => {
  const part = { type: "Cosign", flag: true, keys: { publicKeys: "{{ s }}" }, list: ["a", "{{ s }}"] } as const;
  assert.equal(deepSubstitute(part, contextOf(variables)) as unknown, {
    type: "Cosign",
    flag: true,
    keys: { publicKeys: "text" },
    list: ["a", "text"],
  });
  const untouched = { a: ["b"] };
  assert.is(deepSubstitute(untouched, contextOf()), untouched);
  throwsCode("unresolved", () => deepSubstitute({ keys: "{{ m }}" }, contextOf(variables)));
});

test("where variables stand", () => {
  for (const value of ["{{ a }}", ["x", { y: "$(z)" }], { "{{ a }}": 1 }, "\\{{ a }}"]) assert.ok(hasVariables(value));
  for (const value of ["a", 5, null, { a: ["b"] }]) assert.not.ok(hasVariables(value));
});

test.run();
