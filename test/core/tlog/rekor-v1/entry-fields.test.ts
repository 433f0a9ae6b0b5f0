import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readEntryBase64, readLogId, readWholeNumber } from "../../../../core/tlog/rekor-v1/entry-fields.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/tlog/rekor-v1/entry-fields");

test("a log id is 32 bytes in lower-case hexadecimal", () => {
  assert.is(readLogId("0a".repeat(32), ""), "0a".repeat(32));
  for (const value of ["", "0A".repeat(32), "0a".repeat(31), `${"0a".repeat(32)}\n`, 1, null])
    throwsCode("malformed", () => readLogId(value, "/logID"));
});

test("whole numbers from 0 on", () => {
  assert.is(readWholeNumber(0, ""), 0n);
  assert.is(readWholeNumber(Number.MAX_SAFE_INTEGER, ""), 9007199254740991n);
  for (const value of [-1, 0.5, 2 ** 53, "1", null]) throwsCode("malformed", () => readWholeNumber(value, "/logIndex"));
});

test("bytes, and invalid ones", () => {
  assert.equal(readEntryBase64("AQI=", ""), Uint8Array.of(1, 2));
  for (const value of ["AQI", "*", 1])
    assert.is(throwsCode("malformed", () => readEntryBase64(value, "/body")).subject, "/body");
});

test.run();
