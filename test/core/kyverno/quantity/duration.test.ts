import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  durationOf,
  durationSeconds,
  formatDuration,
  parseDuration,
} from "../../../../core/kyverno/quantity/duration.ts";

const test = suite("core/kyverno/quantity/duration");

test("parsed and printed as Go does", () => {
  for (const [text, printed] of [
    ["1h", "1h0m0s"],
    ["90m", "1h30m0s"],
    ["1.5h", "1h30m0s"],
    ["-15m", "-15m0s"],
    ["+5s", "5s"],
    ["250ms", "250ms"],
    ["100us", "100µs"],
    ["1µs", "1µs"],
    ["1μs", "1µs"],
    ["1ns", "1ns"],
    ["0", "0s"],
    ["-0", "0s"],
    ["2h45m30.5s", "2h45m30.5s"],
    ["1s1h", "1h0m1s"],
    [".5s", "500ms"],
    ["1.s", "1s"],
    ["0000000000000000000000000000000000000000000000001s", "1s"],
    ["0.100000000000000000000h", "6m0s"],
    ["-9223372036854775808ns", "-2562047h47m16.854775808s"],
  ] as const) {
    const nanoseconds = parseDuration(text);
    assert.is.not(nanoseconds, undefined, text);
    assert.is(formatDuration(nanoseconds ?? 0n), printed, text);
  }
});

test("what is not a duration", () => {
  for (const text of [
    "",
    "h",
    "1",
    "1h1",
    "1d",
    " 1h",
    "1 h",
    ".h",
    ".",
    "-",
    "1H",
    "9999999h",
    "9223372036854775808ns",
    "∞",
    "3..5s",
    "--1s",
  ])
    assert.is(parseDuration(text), undefined, text);
});

test("seconds and back", () => {
  assert.is(durationSeconds(parseDuration("2h45m30.5s") ?? 0n), 9930.5);
  assert.is(durationOf(1.9), 1n);
  assert.is(durationOf(-1.9), -1n);
  assert.is(formatDuration(durationOf(1e40)), "-2562047h47m16.854775808s");
  assert.is(formatDuration(durationOf(Number.NaN)), "-2562047h47m16.854775808s");
});

test("printing and parsing are inverse", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (nanoseconds) =>
      assert.is(parseDuration(formatDuration(nanoseconds)), nanoseconds),
    ),
  );
});

test.run();
