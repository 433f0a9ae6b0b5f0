import { suite } from "uvu";
import * as assert from "uvu/assert";
import { objectFunctions } from "../../../../core/kyverno/functions/objects.ts";
import { fails, holds } from "./query.ts";

const test = suite("core/kyverno/functions/objects");

test("lookup, label_match, object_from_lists", () => {
  assert.is(objectFunctions.length, 4);
  holds([
    ["lookup(`{\"a\": 1}`, 'a')", 1],
    ["lookup(`{}`, 'toString')", null],
    ["lookup(`[10, 20]`, `1`)", 20],
    ["lookup(`[10, 20]`, `-1`)", null],
    ["lookup(`[]`, `0`)", null],
    ['label_match(`{"a": "b"}`, `{"a": "b", "c": "d"}`)', true],
    ['label_match(`{"a": null}`, `{}`)', false],
    ['label_match(`{"a": 1}`, `{"a": "1"}`)', false],
    ['label_match(`{}`, `{"a": 1}`)', true],
    ['label_match(`{"a": {"b": [1]}}`, `{"a": {"b": [1]}}`)', true],
    ['label_match(`{"a": {"b": [1]}}`, `{"a": {"b": [2]}}`)', false],
    ["object_from_lists([`true`, compare('b', 'a')], `[5]`)", { true: 5, 1: null }],
    ['object_from_lists(`["a", "b"]`, `[1]`)', { a: 1, b: null }],
    [
      "object_from_lists(`[1e21, 16777217, 0.1]`, `[1, 2, 3]`)",
      { "1000000000000000000000": 1, "16777216": 2, "0.1": 3 },
    ],
  ]);
  fails([
    "lookup(`{}`, `0`)",
    "lookup(`[]`, 'a')",
    "lookup(`[1]`, `0.5`)",
    "lookup(`[1]`, `1e20`)",
    "object_from_lists(`[null]`, `[1]`)",
    "lookup(`[1]`, `9223372036854775808`)",
    "object_from_lists(`[[]]`, `[1]`)",
  ]);
});

test("items gives a list that only some things can be done with", () => {
  const input = { one: { b: 2, a: 1 }, empty: {} };
  holds(
    [
      [
        "items(one, 'k', 'v')",
        [
          { k: "a", v: 1 },
          { k: "b", v: 2 },
        ],
      ],
      ["items(`[\"x\"]`, 'i', 'v')", [{ i: 0, v: "x" }]],
      ["items(one, 'k', 'k')[0]", { k: 1 }],
      ["items(one, 'k', 'v')[?v == `2`].k", ["b"]],
      ["items(one, 'k', 'v')[*].v", [1, 2]],
      ["items(one, 'k', 'v')[].v", [1, 2]],
      ["items(one, 'k', 'v')[-1].k", "b"],
      ["items(one, 'k', 'v')[0:1] | [0].k", "a"],
      ["length(items(one, 'k', 'v'))", 2],
      ["items(empty, 'k', 'v') || 'none'", "none"],
      ["items(one, 'k', 'v') == `[]`", false],
      ['items(one, \'k\', \'v\')[0] == `{"k": "a", "v": 1}`', true],
      ["to_array(items(one, 'k', 'v'))[0][0].k", "a"],
      ["to_string(items(empty, 'k', 'v'))", "[]"],
    ],
    input,
  );
  fails(
    ["type", "reverse", "sort", "keys", "sum"]
      .map((name) => `${name}(items(one, 'k', 'v'))`)
      .concat([
        "map(&k, items(one, 'k', 'v'))",
        "sort_by(items(one, 'k', 'v'), &k)",
        "contains(items(one, 'k', 'v'), 'x')",
        "lookup(items(one, 'k', 'v'), `0`)",
        "items(items(one, 'k', 'v'), 'k', 'v')",
        "object_from_lists(items(one, 'k', 'v'), `[]`)",
      ]),
    input,
  );
});

test.run();
