import { suite } from "uvu";
import * as assert from "uvu/assert";
import { plainKey, resolvePlain, resolveTagged } from "../../../../core/kyverno/policy/yaml-scalar.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/policy/yaml-scalar");

const plain: readonly (readonly [text: string, value: unknown])[] = [
  ["yes", true],
  ["Yes", true],
  ["YES", true],
  ["yEs", "yEs"],
  ["y", true],
  ["N", false],
  ["on", true],
  ["off", false],
  ["true", true],
  ["False", false],
  ["", null],
  ["~", null],
  ["null", null],
  ["Null", null],
  ["nil", "nil"],
  ["5", 5n],
  ["+5", 5n],
  ["-5", -5n],
  ["0x1F", 31n],
  ["017", 15n],
  ["0o17", 15n],
  ["08", 8n],
  ["0b101", 5n],
  ["-0b11", -3n],
  ["1_000", 1000n],
  ["9007199254740993", 9007199254740993n],
  ["9223372036854775807", 9223372036854775807n],
  ["9223372036854775808", 2 ** 63],
  ["99999999999999999999999", 1e23],
  ["1.5", 1.5],
  [".5", 0.5],
  [".1_0", 0.1],
  ["._1", "._1"],
  [".1__0", ".1__0"],
  ["1.", 1n],
  ["5.0", 5n],
  ["-0.0", 0n],
  ["1e3", 1000n],
  ["1e21", 1e21],
  ["1e400", "1e400"],
  ["1:20", "1:20"],
  ["2001-01-01", "2001-01-01"],
  ["-", "-"],
  ["+", "+"],
  ["..", ".."],
  ["1.2.3", "1.2.3"],
  ["0x", "0x"],
  ["_1", "_1"],
  ["<<", "<<"],
];
for (const [text, value] of plain) test(`${JSON.stringify(text)}`, () => assert.is(resolvePlain(text), value));

test("integers of any length take as long as their text", () => {
  assert.is(resolvePlain(`0${"0".repeat(1000)}17`), 15n);
  assert.is(resolvePlain(`-0x${"0".repeat(1000)}1F`), -31n);
  assert.is(resolvePlain("1".repeat(80)), Number("1".repeat(80)));
  assert.is(resolvePlain("1".repeat(400)), "1".repeat(400));
  assert.is(resolvePlain(`0x${"f".repeat(400)}`), `0x${"f".repeat(400)}`);
});

test("what JSON does not have is refused", () => {
  for (const text of [".inf", "-.Inf", "+.INF", ".nan", ".NaN"]) throwsCode("malformed", () => resolvePlain(text));
});

test("tags of YAML's own decide, or refuse", () => {
  assert.is(resolveTagged("5", "!!str"), "5");
  assert.is(resolveTagged("5", "!!int"), 5n);
  assert.is(resolveTagged("5", "!!float"), 5n);
  assert.is(resolveTagged("9007199254740993", "!!float"), 9007199254740992n);
  assert.is(resolveTagged("9223372036854775807", "!!float"), 2 ** 63);
  assert.is(resolveTagged("no", "!!bool"), false);
  assert.is(resolveTagged("", "!!null"), null);
  for (const [text, tag] of [
    ["a", "!!int"],
    ["1.5", "!!int"],
    ["1", "!!bool"],
    ["aGk=", "!!binary"],
    ["x", "!secret"],
    ["x", "!"],
  ] as const) {
    throwsCode("malformed", () => resolveTagged(text, tag));
  }
});

test("keys are strings; null is none; fractions are written as 32-bit floats", () => {
  assert.equal(
    ["a", "yes", "5", "0x10", "1.5", "1.0", "1e6", "16777217.0"].map((text) => plainKey(text).name),
    ["a", "true", "5", "16", "1.5", "1", "1e+06", "1.6777216e+07"],
  );
  assert.equal([plainKey("a").isText, plainKey("yes").isText, plainKey("5").isText], [true, false, false]);
  for (const text of ["", "~", "null", "1e300", "-0.0"]) throwsCode("malformed", () => plainKey(text));
});

test.run();
