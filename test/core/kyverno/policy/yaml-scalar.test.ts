import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolvePlain, resolveTagged, toKey } from "../../../../core/kyverno/policy/yaml-scalar.ts";
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

test("what JSON does not have is refused", () => {
  for (const text of [".inf", "-.Inf", "+.INF", ".nan", ".NaN"]) throwsCode("malformed", () => resolvePlain(text));
});

test("tags of YAML's own decide, or refuse", () => {
  assert.is(resolveTagged("5", "tag:yaml.org,2002:str"), "5");
  assert.is(resolveTagged("5", "tag:yaml.org,2002:int"), 5n);
  assert.is(resolveTagged("5", "tag:yaml.org,2002:float"), 5n);
  assert.is(resolveTagged("no", "tag:yaml.org,2002:bool"), false);
  assert.is(resolveTagged("", "tag:yaml.org,2002:null"), null);
  assert.is(resolveTagged("yes", "!"), "yes");
  for (const [text, tag] of [
    ["a", "tag:yaml.org,2002:int"],
    ["1.5", "tag:yaml.org,2002:int"],
    ["1", "tag:yaml.org,2002:bool"],
    ["aGk=", "tag:yaml.org,2002:binary"],
    ["x", "!secret"],
  ] as const) {
    throwsCode("malformed", () => resolveTagged(text, tag));
  }
});

test("keys are strings; null is none", () => {
  assert.equal([toKey("a"), toKey(true), toKey(5n), toKey(1.5)], ["a", "true", "5", "1.5"]);
  throwsCode("malformed", () => toKey(null));
});

test.run();
