import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolvePlain, resolveTagged } from "../../../../core/kyverno/functions/yaml-v2-scalar.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/functions/yaml-v2-scalar");

test("plain scalars", () => {
  for (const [text, value] of [
    ["y", true],
    ["No", false],
    ["TRUE", true],
    ["tRUE", "tRUE"],
    ["", null],
    ["5", 5n],
    ["+5", 5n],
    ["-0x1F", -31n],
    ["0o17", 15n],
    ["18446744073709551615", 18446744073709551615n],
    ["18446744073709551616", 2 ** 64],
    ["+18446744073709551615", 2 ** 64],
    ["1.0", 1],
    [".5", 0.5],
    [".5.", ".5."],
    ["1e400", "1e400"],
    ["1e", "1e"],
    ["0x", "0x"],
    ["_1", "_1"],
    ["1__0", 10n],
    ["abc", "abc"],
    ["-.inf", Number.NEGATIVE_INFINITY],
  ] as const) {
    assert.is(resolvePlain(text), value, text);
  }
});

test("tags", () => {
  assert.is(resolveTagged("int", "5"), 5n);
  assert.is(resolveTagged("float", "5"), 5);
  assert.is(resolveTagged("bool", "yes"), true);
  assert.is(resolveTagged("timestamp", "2001-01-01"), "2001-01-01");
  assert.is(resolveTagged("null", "~"), null);
  for (const [tag, text] of [
    ["int", "x"],
    ["int", "1.0"],
    ["bool", "5"],
    ["null", "x"],
  ] as const) {
    throwsCode("unresolved", () => resolveTagged(tag, text));
  }
});

test.run();
