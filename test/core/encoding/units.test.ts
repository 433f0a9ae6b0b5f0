import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findSize, findSpan, sizeText, spanText } from "../../../core/encoding/units.ts";

const test = suite("core/encoding/units");

test("spans are sums of days, hours, minutes and seconds; anything else is none", () => {
  const table: readonly (readonly [string, number | undefined])[] = [
    ["0s", 0],
    ["90s", 90_000],
    ["5m", 300_000],
    ["1d12h", 129_600_000],
    ["1d2h3m4s", 93_784_000],
    ["", undefined],
    ["5", undefined],
    ["5 m", undefined],
    ["-5m", undefined],
    ["1.5h", undefined],
    ["5M", undefined],
    ["1s1s1s1s1s", undefined],
    ["9999999s", undefined],
  ];
  for (const [text, span] of table) assert.is(findSpan(text), span, text);
});

test("a span and a size are written so that they are read again, in the largest unit that fits", () => {
  for (const text of ["0s", "90s", "5m", "36h", "20d"]) assert.is(spanText(findSpan(text) ?? Number.NaN), text);
  for (const text of ["0B", "500B", "16KiB", "1536MiB", "2TiB"])
    assert.is(sizeText(findSize(text) ?? Number.NaN), text);
});

test("sizes are numbers with a unit of 1000 or 1024; anything else is none", () => {
  const table: readonly (readonly [string, number | undefined])[] = [
    ["0", 0],
    ["4096", 4096],
    ["4096B", 4096],
    ["1k", 1000],
    ["64MiB", 67_108_864],
    ["64mi", 67_108_864],
    ["10GB", 10_000_000_000],
    ["2Ti", 2_199_023_255_552],
    ["", undefined],
    ["MiB", undefined],
    ["-1", undefined],
    ["1.5G", undefined],
    ["1P", undefined],
    ["1 GiB", undefined],
    ["999999999999Ti", undefined],
  ];
  for (const [text, size] of table) assert.is(findSize(text), size, text);
});

test.run();
