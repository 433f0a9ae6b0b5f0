import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  callFunction,
  define,
  defineVariadic,
  type FunctionTable,
} from "../../../../core/jmespath/functions/signature.ts";
import { Run } from "../../../../core/jmespath/run.ts";
import { ExpressionReference, ObjectList, type Value } from "../../../../core/jmespath/value.ts";
import { throwsCode } from "../../../support/assert.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/jmespath/functions/signature");

const table: FunctionTable = new Map([
  ["typed", define([["string", "number"], "array[string]"], () => "called")],
  ["any", define(["any", "object", "array", "expref"], () => "called")],
  ["many", defineVariadic(() => "called")],
  ["none", define([], () => "called")],
]);
const call = (name: string, ...args: readonly Value[]): Value =>
  callFunction(name, args, new Run(table, defaultLimits, { steps: 100 }));

test("number and types of arguments are checked first", () => {
  assert.is(call("typed", "a", ["b"]), "called");
  assert.is(call("typed", 1, []), "called");
  for (const args of [
    [],
    ["a"],
    ["a", [], 1],
    [null, []],
    ["a", [1]],
    ["a", "b"],
    [true, []],
  ] as readonly (readonly Value[])[])
    throwsCode("unresolved", () => call("typed", ...args));
  const reference = new ExpressionReference(() => null);
  assert.is(call("any", null, {}, new ObjectList([]), reference), "called");
  for (const args of [
    [1, [], [], reference],
    [1, {}, {}, reference],
    [1, {}, [], 1],
    [1, new ObjectList([]), [], reference],
  ] as readonly (readonly Value[])[]) {
    throwsCode("unresolved", () => call("any", ...args));
  }
});

test("a variadic function takes anything but nothing; one without parameters ignores arguments", () => {
  assert.is(call("many", null, 1), "called");
  throwsCode("unresolved", () => call("many"));
  assert.is(call("none", 1, 2), "called");
  throwsCode("unresolved", () => call("unknown"));
});

test("the message is Kyverno's", () => {
  const error = throwsCode("unresolved", () => call("typed", { k: "v" }, []));
  assert.is(error.message, 'Invalid type for: map[k:v], expected: []jmespath.JpType{"string", "number"}');
});

test.run();
