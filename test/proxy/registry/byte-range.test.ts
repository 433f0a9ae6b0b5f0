import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseByteRange } from "../../../proxy/registry/byte-range.ts";

const test = suite("proxy/registry/byte-range");
const rows: readonly (readonly [string | undefined, readonly [number, number] | "unsatisfiable" | undefined])[] = [
  [undefined, undefined],
  ["bytes=0-0", [0, 1]],
  ["bytes=2-5", [2, 6]],
  ["bytes=2-", [2, 10]],
  ["bytes=-3", [7, 10]],
  ["bytes=-30", [0, 10]],
  ["bytes=2-99", [2, 10]],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=10-12", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  // What cannot be read, or is several ranges, is the whole content.
  ["bytes=5-2", undefined],
  ["bytes=-", undefined],
  ["bytes=0-1,3-4", undefined],
  ["bytes= 0-1", undefined],
  ["Bytes=0-1", undefined],
  ["items=0-1", undefined],
  ["bytes=0x1-2", undefined],
  ["bytes=-1-2", undefined],
  [`bytes=${"9".repeat(16)}-`, undefined],
  [`bytes=0-${"9".repeat(15)}`, [0, 10]],
];

for (const [field, expected] of rows)
  test(`${field ?? "none"} of 10 bytes`, () => {
    const found = parseByteRange(field, 10);
    assert.equal(typeof found === "object" ? [found.start, found.end] : found, expected);
  });

test("of nothing there is no part", () => {
  for (const field of ["bytes=0-", "bytes=0-0", "bytes=-1"]) assert.is(parseByteRange(field, 0), "unsatisfiable");
});

test.run();
