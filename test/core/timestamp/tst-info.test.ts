import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { concat } from "../../../core/encoding/bytes.ts";
import { parseTstInfo } from "../../../core/timestamp/tst-info.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/timestamp/tst-info");
const der = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...parts);
  return concat(
    content.length < 128 ? Uint8Array.of(tag, content.length) : Uint8Array.of(tag, 0x81, content.length),
    content,
  );
};
const integer = (value: number) => der(2, Uint8Array.of(value));
const policy = der(6, Uint8Array.of(0x2a, 0x03));
const sha256 = der(6, Uint8Array.of(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01));
const sha1 = der(6, Uint8Array.of(0x2b, 0x0e, 0x03, 0x02, 0x1a));
const imprint = (algorithm = sha256, length = 32) =>
  der(0x30, der(0x30, algorithm), der(4, new Uint8Array(length).fill(7)));
const time = (text: string) => der(0x18, encodeUtf8(text));
const info = (version = integer(1), hash = imprint(), at = time("20260102030405Z"), ...more: readonly Uint8Array[]) =>
  der(0x30, version, policy, hash, integer(9), at, ...more);

test("a digest and a time, with and without the optional fields", () => {
  assert.equal(parseTstInfo(info(), defaultLimits), {
    hash: "sha256",
    imprint: new Uint8Array(32).fill(7),
    at: new Date("2026-01-02T03:04:05Z"),
  });
  const full = info(
    integer(1),
    imprint(),
    time("20260102030405.25Z"),
    der(0x30, integer(1)),
    der(1, Uint8Array.of(0xff)),
    integer(5),
    der(0xa0, der(0x86, encodeUtf8("x"))),
  );
  assert.is(parseTstInfo(full, defaultLimits).at.toISOString(), "2026-01-02T03:04:05.250Z");
});

test("another version, a weak digest, a critical extension", () => {
  throwsCode("bad-timestamp", () => parseTstInfo(info(integer(2)), defaultLimits));
  throwsCode("bad-timestamp", () => parseTstInfo(info(integer(1), imprint(sha1, 20)), defaultLimits));
  const extension = (critical: boolean) =>
    der(0xa1, der(0x30, policy, ...(critical ? [der(1, Uint8Array.of(0xff))] : []), der(4, new Uint8Array(1))));
  assert.is(
    parseTstInfo(info(integer(1), imprint(), time("20260102030405Z"), extension(false)), defaultLimits).hash,
    "sha256",
  );
  throwsCode("bad-timestamp", () =>
    parseTstInfo(info(integer(1), imprint(), time("20260102030405Z"), extension(true)), defaultLimits),
  );
});

test("wrong lengths, times and tails", () => {
  throwsCode("malformed", () => parseTstInfo(info(integer(1), imprint(sha256, 31)), defaultLimits));
  for (const text of ["20260102030405", "2026010203Z", "20261302030405Z", "20260102030405.Z", "20260102030405+0000"])
    throwsCode("malformed", () => parseTstInfo(info(integer(1), imprint(), time(text)), defaultLimits));
  throwsCode("malformed", () => parseTstInfo(concat(info(), Uint8Array.of(0)), defaultLimits));
  throwsCode("malformed", () =>
    parseTstInfo(info(integer(1), imprint(), time("20260102030405Z"), der(0x0c, new Uint8Array())), defaultLimits),
  );
});

test.run();
