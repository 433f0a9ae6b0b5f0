/** Numbers that a host gives the component's module. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withCheckedIntegers } from "../../../scripts/component/checked-integers.ts";

const test = suite("scripts/component/checked-integers");

test("numbers of 32 bits are taken, and nothing becomes another number", () => {
  const made = withCheckedIntegers("let a=0;function toUint32(e){return e>>>0}return toUint32");
  const toUint32 = new Function(made)() as (value: unknown) => number;
  for (const value of [0, 7, 2 ** 31, 2 ** 32 - 1]) assert.is(toUint32(value), value);
  for (const value of [Number.NaN, -1, 1.5, 2 ** 32, Number.POSITIVE_INFINITY, "8", "", true, {}, []])
    assert.throws(() => toUint32(value), /not a whole number/, String(value));
});

test("a module of another form stops the build", () => {
  assert.throws(() => withCheckedIntegers("const toUint32 = (e) => e >>> 0;"), /another way/);
});

test.run();
