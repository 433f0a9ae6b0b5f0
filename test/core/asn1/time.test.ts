/** Dates of certificates and timestamp tokens. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Tag } from "../../../core/asn1/tag.ts";
import { parseGeneralizedTime, parseTime, parseUtcTime } from "../../../core/asn1/time.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/asn1/time");
const utc = (text: string): string => parseUtcTime(encodeUtf8(text), "test").toISOString();
const general = (text: string, fraction = false): string =>
  parseGeneralizedTime(encodeUtf8(text), "test", { fraction }).toISOString();

test("years of two digits turn over at 50", () => {
  assert.is(utc("491231235959Z"), "2049-12-31T23:59:59.000Z");
  assert.is(utc("500101000000Z"), "1950-01-01T00:00:00.000Z");
});

test("every day agrees with the calendar of the host", () => {
  for (let days = -30_000; days < 60_000; days += 13) {
    const text = new Date(days * 86_400_000).toISOString();
    assert.is(general(text.replace(/[-T:]|\.000/g, "")), text);
  }
  assert.is(general("99991231235959Z"), "9999-12-31T23:59:59.000Z");
  assert.is(general("00010101000000Z"), "0001-01-01T00:00:00.000Z");
  assert.is(general("20240229000000Z"), "2024-02-29T00:00:00.000Z");
});

test("fractions only where they are allowed, in their shortest form", () => {
  assert.is(general("20260101120000.5Z", true), "2026-01-01T12:00:00.500Z");
  assert.is(general("20260101120000.123456789Z", true), "2026-01-01T12:00:00.123Z");
  throwsCode("malformed", () => general("20260101120000.5Z"));
  for (const wrong of ["20260101120000.Z", "20260101120000.50Z", "20260101120000,5Z", "20260101120000.5xZ"])
    throwsCode("malformed", () => general(wrong, true));
});

for (const wrong of [
  "260101120000",
  "2601011200Z",
  "260101120000+0000",
  "261301120000Z",
  "260001120000Z",
  "260132120000Z",
  "260229120000Z",
  "260101240000Z",
  "260101126000Z",
  "260101120060Z",
  "2601011200 0Z",
  "26010112000aZ",
  "260101120000z",
  "",
])
  test(`refused: ${wrong || "nothing"}`, () => void throwsCode("malformed", () => utc(wrong)));

for (const wrong of [
  "20230229000000Z",
  "21000229000000Z",
  "202601011200Z",
  "20260101120000",
  "2026010112000 Z",
  "20260101120000+0100",
])
  test(`refused: ${wrong}`, () => void throwsCode("malformed", () => general(wrong)));

test("the identifier chooses the form", () => {
  assert.is(
    parseTime(Tag.utcTime, encodeUtf8("260101120000Z"), "test").getTime(),
    parseTime(Tag.generalizedTime, encodeUtf8("20260101120000Z"), "test").getTime(),
  );
  throwsCode("malformed", () => parseTime(Tag.utcTime, encodeUtf8("20260101120000Z"), "test"));
});

test.run();
