import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  toFailureAction,
  describe,
  flagOf,
  integerOf,
  isList,
  isMap,
  listOf,
  mapOf,
  member,
  present,
  textMapOf,
  textOf,
  textsOf,
  toJson,
} from "../../../../core/kyverno/policy/policy-value.ts";

const test = suite("core/kyverno/policy/policy-value");
const value = { text: "x", flag: false, count: 5n, map: { a: "b", c: 1n }, list: ["a", 1n, "b"], none: null };

test("members by kind; another kind counts as absent", () => {
  assert.equal([textOf(value, "text"), textOf(value, "flag")], ["x", undefined]);
  assert.equal([flagOf(value, "flag"), flagOf(value, "text")], [false, undefined]);
  assert.equal([integerOf(value, "count"), integerOf(value, "text")], [5, undefined]);
  assert.equal([mapOf(value, "map"), mapOf(value, "list")], [value.map, undefined]);
  assert.equal([listOf(value, "list"), listOf(value, "map")], [value.list, undefined]);
  assert.equal(textsOf(value, "list"), ["a", "b"]);
  assert.equal({ ...textMapOf(value, "map") }, { a: "b" });
  assert.is(textMapOf(value, "text"), undefined);
});

test("null and inherited members are absent", () => {
  assert.is(member(value, "none"), undefined);
  assert.is(member(value, "toString"), undefined);
  assert.is(member(["a"], "length"), undefined);
  assert.is(member(undefined, "a"), undefined);
});

test("kinds", () => {
  assert.ok(isMap({}) && !isMap([]) && !isMap(null) && !isMap("x"));
  assert.ok(isList([]) && !isList({}));
  assert.equal([undefined, null, [], {}, "x", "x".repeat(99), 5n, 1.5, true].map(describe), [
    "nothing",
    "null",
    "a list",
    "a map",
    'the string "x"',
    "a string of 99 characters",
    "the number 5",
    "the number 1.5",
    "the boolean true",
  ]);
});

test("present leaves out what is undefined and keeps all else", () =>
  assert.equal(present({ a: undefined, b: null, c: false }), { b: null, c: false }));

test("as JSON: integers are doubles, maps have no prototype", () => {
  const json = toJson(value);
  assert.is(
    JSON.stringify(json),
    '{"text":"x","flag":false,"count":5,"map":{"a":"b","c":1},"list":["a",1,"b"],"none":null}',
  );
  assert.is(Object.getPrototypeOf(json), null);
});

test("only Enforce and enforce enforce", () => {
  assert.equal(["Enforce", "enforce", "ENFORCE", "Audit", "", undefined].map(toFailureAction), [
    ...["Enforce", "Enforce"],
    ...["Audit", "Audit", "Audit", "Audit"],
  ]);
});

test.run();
