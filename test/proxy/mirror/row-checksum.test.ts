import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { rowChecksum, textDigest } from "../../../proxy/mirror/row-checksum.ts";

const test = suite("proxy/mirror/row-checksum");

test("the digest of nothing is the known one", () => {
  assert.is(textDigest(""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.is(digestOf(new Uint8Array()), textDigest(""));
});

test("no two rows share a checksum: neither borders, nor null, nor order are lost", () => {
  const rows = [
    ["ab", "c"],
    ["a", "bc"],
    ["c", "ab"],
    ["ab", null],
    ["ab", ""],
    ["ab", "null"],
    ["abc"],
    ["ab", "c", null],
  ];
  assert.is(new Set(rows.map((row) => rowChecksum(...row).toString("hex"))).size, rows.length);
});

test.run();
