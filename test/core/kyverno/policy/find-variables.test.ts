import { suite } from "uvu";
import * as assert from "uvu/assert";
import { eachText, findVariables } from "../../../../core/kyverno/policy/find-variables.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/find-variables");

const cases: readonly (readonly [text: string, found: readonly string[]])[] = [
  ["plain", []],
  ["{{ a.b }}", ["a.b"]],
  ["{{a}}-{{ b }}", ["a", "b"]],
  ["{{ a.{{ b }} }}", ["b", "a.null"]],
  ["{{- a }}{{ b }}", ["a"]],
  ["{{ a }}{{ b }} {{- c }}", ["a", "c"]],
  ["{{ a }}{{ b }}", ["a", "b"]],
  ["{{ {a: b} }}", ["{a: b}"]],
  ["{{- a }}", ["a"]],
  ["{{}}", [""]],
  ["\\{{ a }}", []],
  ["{{ a", []],
  ["a }}", []],
];
for (const [text, found] of cases) test(text, () => assert.equal(findVariables(text, defaultLimits), found));

test("texts made to cost time are cheap", () => {
  for (const text of [
    "{{".repeat(50_000),
    "{{ a".repeat(50_000),
    "{{{".repeat(50_000),
    `{{${"a".repeat(200_000)}`,
    "}}".repeat(50_000),
  ])
    assert.equal(findVariables(text, defaultLimits), []);
  assert.ok(findVariables("{{ a ".repeat(1000) + "}}".repeat(1000), defaultLimits).length <= 64);
});

test("every string, keys included", () => {
  const seen: string[] = [];
  eachText({ a: ["b", { c: "d" }], e: 5n, f: null }, (text) => seen.push(text));
  assert.equal(seen, ["a", "b", "c", "d", "e", "f"]);
});

test.run();
