import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isWithin, parseInstant } from "../../../core/encoding/instant.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/encoding/instant");

test("RFC 3339 with fraction and offset", () => {
  assert.is(parseInstant("2021-01-12T11:53:27.000Z").toISOString(), "2021-01-12T11:53:27.000Z");
  assert.is(parseInstant("2022-10-31T23:59:59.999999999Z").toISOString(), "2022-10-31T23:59:59.999Z");
  assert.is(parseInstant("2021-01-12T11:53:27.5Z").toISOString(), "2021-01-12T11:53:27.500Z");
  assert.is(parseInstant("2021-01-12t11:53:27+05:30").toISOString(), "2021-01-12T06:23:27.000Z");
  assert.is(parseInstant("2021-01-01T00:00:00-01:00").toISOString(), "2021-01-01T01:00:00.000Z");
  assert.is(parseInstant("2024-02-29T00:00:00Z").toISOString(), "2024-02-29T00:00:00.000Z");
  assert.is(parseInstant("0001-01-01T00:00:00Z").toISOString(), "0001-01-01T00:00:00.000Z");
  assert.is(parseInstant("9999-12-31T23:59:59Z").toISOString(), "9999-12-31T23:59:59.000Z");
});

test("other forms, and times that do not exist", () => {
  for (const bad of [
    "",
    "2021-01-12",
    "2021-01-12T11:53:27",
    "2021-01-12 11:53:27Z",
    "2021-01-12T11:53Z",
    "2021-01-12T11:53:27.Z",
    "2021-01-12T11:53:27.0123456789Z",
    "2021-02-29T00:00:00Z",
    "2021-02-30T00:00:00Z",
    "2021-13-01T00:00:00Z",
    "2021-00-01T00:00:00Z",
    "2021-01-00T00:00:00Z",
    "2021-01-01T24:00:00Z",
    "2021-01-01T23:60:00Z",
    "2016-12-31T23:59:60Z",
    "2021-01-01T00:00:00+24:00",
    "2021-01-01T00:00:00+01:60",
    "0000-01-01T00:00:00Z",
    "+2021-01-01T00:00:00Z",
    " 2021-01-01T00:00:00Z",
    "2021-01-01T00:00:00Z\n",
    "20210101T000000Z",
  ])
    throwsCode("malformed", () => parseInstant(bad));
});

test("a period holds both its ends", () => {
  const at = new Date("2026-03-01T12:00:00Z");
  const later = new Date(at.getTime() + 1);
  assert.ok(isWithin({}, at));
  assert.ok(isWithin({ start: at, end: at }, at));
  assert.not(isWithin({ start: later }, at));
  assert.not(isWithin({ end: at }, later));
  assert.not(isWithin({ start: at }, new Date(Number.NaN)));
});

test.run();
