import { suite } from "uvu";
import * as assert from "uvu/assert";
import { documentFunctions } from "../../../../core/kyverno/functions/documents.ts";
import { throwsCode } from "../../../support/assert.ts";
import { query } from "./query.ts";

const test = suite("core/kyverno/functions/documents");

test("JSON as Go reads it", () => {
  assert.is(documentFunctions.length, 2);
  for (const [source, value] of [
    ['{"a":1,"a":2}', { a: 2 }],
    [" true ", true],
    ['"\\ud83d"', "\ufffd"],
    ["0.1e1", 1],
  ] as const) {
    assert.equal(query("parse_json(@)", source), value);
  }
  for (const source of ["", "nul", "{a:1}", "1e400", '"\t"', "[1,]", "01"])
    throwsCode("unresolved", () => query("parse_json(@)", source));
  throwsCode("over-limit", () => query("parse_json(@)", "[".repeat(200)));
});

test("YAML 1.1 as yaml.v2 reads it", () => {
  for (const [source, value] of [
    ["", null],
    ["a: 1\na: 2", { a: 2 }],
    ["y: on", { true: true }],
    ["[017, 0b101, 0x1F, 1_000, 1e3, .5, -0, 08]", [15, 5, 31, 1000, 1000, 0.5, 0, 8]],
    ["[1:30, 2001-01-01, '5', \"6\", 1.5.2, ~]", ["1:30", "2001-01-01", "5", "6", "1.5.2", null]],
    ["a: &x 1\nb: *x", { a: 1, b: 1 }],
    ["<<: {a: 1, b: 1}\nb: 2", { a: 1, b: 2 }],
    ["b: 2\n<<: [{b: 3}, {b: 4, c: 5}]", { b: 3, c: 5 }],
    ["!custom 5", "5"],
    ["[!!str 5, !!int '6', !!float 1, !!binary aGk=]", ["5", 6, 1, "hi"]],
    ["1.5: x\n017: y", { "1.5": "x", "15": true }],
    ["%YAML 1.1\n---\na: 1\n---\nb: 2", { a: 1 }],
    ["a:\tb", { a: "b" }],
    ["a: 1\rb: 2\u0085c: [!!own 3, !!str 4]\r\n", { a: 1, b: 2, c: ["3", "4"] }],
    ["a: |\n  x\n  y", { a: "x\ny" }],
    ["a: |\n  x\n", { a: "x\n" }],
    ["{a: .inf, a: 1}", { a: 1 }],
  ] as const) {
    assert.equal(query("parse_yaml(@)", source), value, source);
  }
});

test("what is no YAML, or no JSON afterwards", () => {
  for (const source of [
    ".inf",
    "a: .nan",
    "null: 1",
    "? [1, 2]\n: z",
    "a: *x",
    "a: [1",
    "!!int x",
    "<<: 1",
    "- \tq",
    "%a\n---\nb: 1",
    "a: b: c",
    "&a [*a]",
    "a: \u0001",
    "\u007f",
    "- \uffff",
  ])
    throwsCode("unresolved", () => query("parse_yaml(@)", source));
});

test("work is bounded", () => {
  const tenOf = (text: string): string => Array.from({ length: 10 }, () => text).join(",");
  const levels = [..."bcdefghi"].map((name, index) => `${name}: &${name} [${tenOf(`*${"abcdefgh".charAt(index)}`)}]`);
  const bomb = [`a: &a [${tenOf("x")}]`, ...levels].join("\n");
  throwsCode(["over-budget", "unresolved"], () => query("parse_yaml(@)", bomb));
  throwsCode("unresolved", () => query("parse_yaml(@)", "[".repeat(300) + "]".repeat(300)));
});

test.run();
