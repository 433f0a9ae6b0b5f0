/** Digests agree with OpenSSL's. */
import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digest, digestLength, digestOf, isDigest, isHashName, sha256 } from "../../../core/crypto/digest.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";

const test = suite("core/crypto/digest");

for (const hash of ["sha224", "sha256", "sha384", "sha512"] as const) {
  test(hash, () => {
    for (const length of [0, 1, 55, 56, 111, 112, 128, 5000]) {
      const bytes = Uint8Array.from({ length }, (_, index) => index);
      const value = digest(hash, bytes);
      assert.is(value.length, digestLength[hash]);
      assert.is(encodeHex(value), createHash(hash).update(bytes).digest("hex"));
    }
  });
}

test("of contents", () => {
  assert.is(digestOf(encodeUtf8("")), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.is(encodeHex(sha256(encodeUtf8("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("names", () => {
  assert.ok(isHashName("sha384"));
  for (const name of ["sha1", "SHA256", "md5", "toString", ""]) assert.not.ok(isHashName(name));
});

test("OCI digests are sha256 and lower case", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  assert.ok(isDigest(digest));
  for (const text of [
    "",
    "sha256:",
    `sha256:${"A".repeat(64)}`,
    `sha256:${"a".repeat(63)}`,
    `sha512:${"a".repeat(128)}`,
    `${digest}\n`,
  ])
    assert.not.ok(isDigest(text), text);
});

test.run();
