import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goJson, goText, type GoValue } from "../../../core/jmespath/go-text.ts";
import { Run } from "../../../core/jmespath/run.ts";
import { ExpressionReference, GoInteger, ObjectList } from "../../../core/jmespath/value.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/jmespath/go-text");
const run = () => new Run(new Map(), defaultLimits, { steps: 1000 });

test("%v", () => {
  assert.is(goText({ b: [1, null, true], a: 1e6, c: { d: "x" } }), "map[a:1e+06 b:[1 <nil> true] c:map[d:x]]");
  assert.is(goText(new ObjectList([{ k: new GoInteger(-1) }])), "[map[k:-1]]");
  assert.is(goText(new ExpressionReference(() => null)), "{}");
});

const texts: readonly (readonly [value: GoValue, text: string])[] = [
  [5, "5"],
  [5.5, "5.5"],
  [-0, "0"],
  [123456, "123456"],
  [1000000, "1e+06"],
  [123456789, "1.23456789e+08"],
  [1e21, "1e+21"],
  [1e-4, "0.0001"],
  [1e-5, "1e-05"],
  [-2.25, "-2.25"],
  [1000000n, "1000000"],
  [9223372036854775807n, "9223372036854775807"],
  [true, "true"],
  [null, "<nil>"],
  [{ b: 1n, a: "x" }, "map[a:x b:1]"],
  [[1n, ["a"], null], "[1 [a] <nil>]"],
];
for (const [value, text] of texts) test(`%v of a policy's value: ${text}`, () => assert.is(goText(value), text));

test("%v is cut where it goes into messages", () => {
  assert.is(goText("x".repeat(100_000)).length, 100_000);
  assert.ok(goText("x".repeat(100_000), 1000).length < 1100);
  assert.ok(
    goText(
      Array.from({ length: 100_000 }, () => "abc"),
      1000,
    ).length < 20_000,
  );
});

test("JSON with sorted keys and Go's escapes", () => {
  assert.is(
    goJson({ "<b>": "a&b\u2028", a: [-0, 1e21, 0.000001] }, run()),
    '{"\\u003cb\\u003e":"a\\u0026b\\u2028","a":[-0,1e+21,0.000001]}',
  );
  assert.is(goJson({ "\uffee": 1, "😀": 2 }, run()), '{"\uffee":1,"😀":2}');
  assert.is(
    goJson(["a\udc80", new GoInteger(1), new ObjectList([{}]), new ExpressionReference(() => null), null, true], run()),
    '["a\\ufffd",1,[{}],{},null,true]',
  );
  assert.is(goJson({ b: [1, 1.5, 5n], a: "\\b\b" }), '{"a":"\\\\b\\b","b":[1,1.5,5]}', "of a policy's value");
  throwsCode("unresolved", () => goJson([Number.NaN], run()));
  throwsCode("over-budget", () =>
    goJson(
      Array.from({ length: 2000 }, () => 1),
      run(),
    ),
  );
});

test.run();
