import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toAgoText, toSpanText, toTimeText, toUtcText } from "../../../cli/render/time.ts";

const test = suite("cli/render/time");
const now = new Date("2026-11-22T17:03:00Z");

test("writes UTC to the minute", () => assert.is(toUtcText(new Date("2026-01-02T03:04:59Z")), "2026-01-02 03:04 UTC"));

test("spans take the largest unit, rounded down", () => {
  for (const [seconds, text] of [
    [0, "0 s"],
    [59.9, "59 s"],
    [60, "1 min"],
    [3599, "59 min"],
    [3600, "1 h"],
    [86_399, "23 h"],
    [86_400, "1 d"],
    [400 * 86_400, "400 d"],
  ] as const)
    assert.is(toSpanText(seconds), text);
});

test("a relative time never stands alone", () => {
  assert.is(toAgoText(new Date("2026-11-18T10:00:00Z"), now), "4 d ago");
  assert.is(toAgoText(new Date("2026-11-22T22:03:00Z"), now), "in 5 h");
  assert.is(toTimeText(new Date("2026-11-18T10:00:00Z"), now), "2026-11-18 10:00 UTC (4 d ago)");
});

test.run();
