import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  holdsVariable,
  isWholeVariable,
  replaceVariables,
  unescapeVariables,
} from "../../../../core/kyverno/rule/braces.ts";

const test = suite("core/kyverno/rule/braces");
const found = (text: string): readonly string[] => {
  const list: string[] = [];
  replaceVariables(text, (variable) => {
    list.push(variable);
    return "";
  });
  return list;
};

const cases: readonly (readonly [text: string, variables: readonly string[]])[] = [
  ["{{ a }}", ["{{ a }}"]],
  ["x{{a}} {{b}}y", ["{{a}}", "{{b}}"]],
  ["x{{a}}{{b}}{{c}}", ["{{a}}", "{{c}}"]],
  ["{{a}}{{{b}}", ["{{a}}", "{{b}}"]],
  ["{{ a.{{ b }} }}", ["{{ b }}"]],
  ["{{ {x: y} }}", ["{{ {x: y} }}"]],
  ["{{{a}}", ["{{a}}"]],
  ["\\{{a}}", []],
  ["{{ a", []],
  ["{{ a }", []],
  ["{{ a } }}", []],
  ["", []],
];
for (const [text, variables] of cases)
  test(`variables of ${text || "(empty)"}`, () => assert.equal(found(text), variables));

test("one whole variable", () => {
  assert.ok(isWholeVariable("{{ a }}"));
  for (const text of [" {{ a }}", "{{a}}{{b}}", "{{a}} ", "{{a}", "\\{{a}}"]) assert.not.ok(isWholeVariable(text));
});

test("escapes end as braces", () => assert.is(unescapeVariables("\\{{ a }} and \\{{ open"), "{{ a }} and {{ open"));

// The expression of the specification, which a long text could make slow.
const expression = /(?:^|[^\\])(\{\{(?:\{[^{}]*\}|[^{}])*\}\})/g;
test("the scan finds what the specification's expression finds", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("{", "}", "{{", "}}", "a", "\\", " "), maxLength: 24 }), (text) => {
      assert.equal(
        found(text),
        [...text.matchAll(expression)].map((match) => match[1]),
      );
      assert.is(holdsVariable(text), found(text).length > 0);
    }),
  );
});

test("a long hostile text is scanned in linear time", () => {
  for (const text of ["{{".repeat(200_000), `{{${"{x}".repeat(200_000)}`, "{{ a ".repeat(200_000)])
    assert.not.ok(holdsVariable(text));
});

test.run();
