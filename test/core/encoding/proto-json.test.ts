import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  optionalInstant,
  optionalMessage,
  readBytes,
  readCount,
  readMessage,
  readPeriod,
  readRepeated,
  readText,
  requireBytes,
} from "../../../core/encoding/proto-json.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/encoding/proto-json");

test("messages refuse unknown fields", () => {
  const known = new Set(["a"]);
  assert.equal(readMessage({ a: 1 }, known, ""), { a: 1 });
  throwsCode("malformed", () => readMessage({ b: 1 }, known, ""));
  throwsCode("malformed", () => readMessage([], known, ""));
  throwsCode("malformed", () => readMessage(undefined, known, ""));
  assert.is(optionalMessage({ m: null }, "m", known, ""), undefined);
  throwsCode("malformed", () => optionalMessage({ m: { b: 1 } }, "m", known, ""));
});

test("absent fields are empty", () => {
  assert.equal(readRepeated({}, "x", ""), []);
  assert.is(readText({ x: null }, "x", ""), "");
  assert.equal(readBytes({}, "x", ""), new Uint8Array(0));
  assert.is(readCount({}, "x", ""), 0n);
  assert.is(optionalInstant({}, "x", ""), undefined);
  assert.equal(readPeriod({}, "x", ""), {});
  throwsCode("malformed", () => requireBytes({ x: "" }, "x", ""));
});

test("counts as numbers and decimal strings, in range", () => {
  assert.is(readCount({ x: 5 }, "x", ""), 5n);
  assert.is(readCount({ x: "9223372036854775807" }, "x", ""), 2n ** 63n - 1n);
  for (const bad of [
    "9223372036854775808",
    "-1",
    "01",
    "1e3",
    "1.0",
    " 1",
    "",
    "0x1",
    "99999999999999999999",
    -1,
    true,
    [],
  ])
    throwsCode("malformed", () => readCount({ x: bad }, "x", ""));
});

test("bytes are padded standard base64", () => {
  assert.equal(readBytes({ x: "+/8=" }, "x", ""), Uint8Array.of(0xfb, 0xff));
  for (const bad of ["-_8=", "+/8", "+/9=", "+/8=\n", 5]) throwsCode("malformed", () => readBytes({ x: bad }, "x", ""));
});

test("bytes in lines, as Go reads them: a length that is no multiple of four is that of unpadded text", () => {
  for (const good of ["+/\n\r\n\n8=", "\n\n\n\n+/8="])
    assert.equal(readBytes({ x: good }, "x", ""), Uint8Array.of(0xfb, 0xff));
  for (const good of ["AA\nEC", "AAEC\r\n"]) assert.equal(readBytes({ x: good }, "x", ""), Uint8Array.of(0, 1, 2));
  for (const bad of ["+/\n8=", "+/8=\r\n", "+/8\n", "+/\n8", "+/ 8=", "-_\n\n\n\n8="])
    throwsCode("malformed", () => readBytes({ x: bad }, "x", ""));
});

test("periods", () => {
  const period = readPeriod({ v: { start: "2021-01-01T00:00:00Z" } }, "v", "");
  assert.equal(period, { start: new Date("2021-01-01T00:00:00Z") });
  throwsCode("malformed", () => readPeriod({ v: { start: 5 } }, "v", ""));
  throwsCode("malformed", () => readPeriod({ v: { begin: "2021-01-01T00:00:00Z" } }, "v", ""));
});

test.run();
