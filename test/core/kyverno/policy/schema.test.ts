import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PolicyValue } from "../../../../core/kyverno/policy/policy.ts";
import { toJson } from "../../../../core/kyverno/policy/policy-value.ts";
import { Findings } from "../../../../core/kyverno/policy/findings.ts";
import {
  any,
  fitShape,
  flag,
  integer,
  later,
  list,
  map,
  mapOf,
  oneOf,
  openMap,
  type Shape,
  text,
  textUpTo,
} from "../../../../core/kyverno/policy/schema.ts";

const test = suite("core/kyverno/policy/schema");

function check(
  value: PolicyValue,
  shape: Shape,
): { readonly faults: readonly string[]; readonly fitted: string; readonly messages: string } {
  const findings = new Findings();
  const fitted = fitShape(value, shape, "", findings);
  const problems = findings.problems(() => ({ file: "f", line: 1, column: 1 }), undefined);
  return {
    faults: problems.map(({ pointer }) => pointer),
    fitted: JSON.stringify(fitted === undefined ? null : toJson(fitted)),
    messages: problems.map(({ message }) => message).join("\n"),
  };
}

const tree: Shape = map({ name: text, below: list(later(() => tree)) });

test("a misspelt field is one fault: that the field which is meant is missing is not another", () => {
  const shape = map({ name: text, kind: text }, ["name", "kind"]);
  assert.equal(check({ nam: "a" }, shape).faults, ["/nam", "/kind"]);
  assert.equal(check({ nam: "a", kin: "b" }, shape).faults, ["/nam", "/kin"]);
  assert.equal(check({ colour: "a" }, shape).faults, ["/colour", "/name", "/kind"]);
});

test("every fault is reported, what fits is kept", () => {
  const shape = map(
    {
      name: text,
      count: integer({ least: 1, most: 9 }),
      on: flag,
      kind: oneOf("A", "B"),
      list: list(text),
      any,
      labels: mapOf(text),
    },
    ["name", "count"],
  );
  assert.equal(
    check({ name: "x", count: 3n, on: true, kind: "A", list: ["a"], any: null, labels: { a: "b" } }, shape).faults,
    [],
  );
  const { faults, fitted } = check(
    { nam: "x", count: 10n, on: "yes", kind: "C", list: ["a", 1n], labels: { a: 5n, b: "c" }, any: [1n] },
    shape,
  );
  assert.equal([...faults].sort(), ["/count", "/kind", "/labels/a", "/list/1", "/nam", "/on"]);
  assert.is(fitted, '{"list":["a",null],"labels":{"b":"c"},"any":[1]}');
});

test("messages say what was found and what is wanted", () => {
  assert.match(
    check({ atestors: [] }, map({ attestors: any })).messages,
    /atestors: unknown field; did you mean "attestors"\?/,
  );
  assert.match(check({ zzz: 1n }, map({ a: any, b: any })).messages, /the fields here are a, b/);
  assert.match(check({ a: true }, map({ a: text })).messages, /expected a string, found the boolean true; quote it/);
  assert.match(check({ a: "x" }, map({ a: list(text) })).messages, /expected a list, found the string "x"/);
  assert.match(check({ a: "Cosine" }, map({ a: oneOf("Cosign", "Notary") })).messages, /did you mean "Cosign"\?/);
  assert.match(check({ a: 0n }, map({ a: integer({ least: 1 }) })).messages, /expected at least 1, found 0/);
  assert.match(check({ a: 1.5 }, map({ a: integer() })).messages, /expected an integer, found the number 1.5/);
});

test("null is no value, but absent in metadata", () => {
  assert.equal(check({ a: null }, map({ a: text })).faults, ["/a"]);
  assert.equal(check({ a: null, b: "c" }, openMap({ a: text })), { faults: [], fitted: '{"b":"c"}', messages: "" });
});

test("lengths are counted in characters", () => {
  assert.equal(check("😀😀", textUpTo(2)).faults, []);
  assert.equal(check("abc", textUpTo(2)).faults, [""]);
});

test("shapes may hold themselves; inherited names are unknown", () => {
  assert.equal(check({ name: "a", below: [{ name: "b", below: [{ nam: "c" }] }] }, tree).faults, [
    "/below/0/below/0/nam",
  ]);
  assert.equal(check({ toString: "x" }, tree).faults, ["/toString"]);
});

test.run();
