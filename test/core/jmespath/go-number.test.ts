import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  formatFloat,
  formatFloat32,
  formatFloat32General,
  formatJsonNumber,
  parseGoFloat,
} from "../../../core/jmespath/go-number.ts";

const test = suite("core/jmespath/go-number");

test("%v, 32-bit text, JSON", () => {
  for (const [value, general, single, json] of [
    [1_000_000, "1e+06", "1000000", "1000000"],
    [123_456, "123456", "123456", "123456"],
    [0.0001, "0.0001", "0.0001", "0.0001"],
    [0.00001, "1e-05", "0.00001", "0.00001"],
    [16_777_217, "1.6777217e+07", "16777216", "16777217"],
    [1e21, "1e+21", "1000000000000000000000", "1e+21"],
    [0.1, "0.1", "0.1", "0.1"],
    [-0, "-0", "-0", "-0"],
    [1e300, "1e+300", "+Inf", "1e+300"],
    [-2.5, "-2.5", "-2.5", "-2.5"],
    [1e-7, "1e-07", "0.0000001", "1e-7"],
  ] as const) {
    assert.equal([formatFloat(value), formatFloat32(value), formatJsonNumber(value)], [general, single, json]);
  }
  assert.is(formatFloat(Number.NaN), "NaN");
  assert.is(formatFloat(Number.NEGATIVE_INFINITY), "-Inf");
  assert.is(formatFloat32General(123_456_789), "1.2345679e+08");
});

test("strconv.ParseFloat", () => {
  for (const [text, value] of [
    ["5", 5],
    ["+7", 7],
    [".5", 0.5],
    ["5.", 5],
    ["1_000", 1000],
    ["1e3", 1000],
    ["1e1_0", 1e10],
    ["infinity", Number.POSITIVE_INFINITY],
    ["-Inf", Number.NEGATIVE_INFINITY],
    ["0x1p-2", 0.25],
    ["0x_1.8p1", 3],
    ["0x1.fffffffffffff8p1023", undefined],
    ["0x1p-1074", 5e-324],
    ["0x1p-1075", 0],
    ["1e400", undefined],
    ["", undefined],
    [" 1", undefined],
    ["1__0", undefined],
    ["_1", undefined],
    ["1_", undefined],
    ["1_e1", undefined],
    ["0x10", undefined],
    ["0b1", undefined],
    ["1Gi", undefined],
    ["-nan", undefined],
    ["e1", undefined],
    [".", undefined],
  ] as const) {
    assert.is(parseGoFloat(text), value, text);
  }
  assert.ok(Number.isNaN(parseGoFloat("NaN")));
});

test("what is printed reads back", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => assert.ok(Object.is(parseGoFloat(formatFloat(value)), value))),
  );
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) =>
      assert.ok(Object.is(Math.fround(parseGoFloat(formatFloat32(value)) ?? Number.NaN), value)),
    ),
  );
});

test.run();
