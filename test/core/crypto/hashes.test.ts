import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hashes } from "../../../core/crypto/hashes.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";

const test = suite("core/crypto/hashes");

test("as OpenSSL hashes, at the edges of blocks", () => {
  for (const name of ["sha224", "sha256", "sha384", "sha512"] as const)
    for (const length of [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000]) {
      const bytes = new Uint8Array(length).fill(0x61);
      assert.is(encodeHex(hashes[name](bytes)), createHash(name).update(bytes).digest("hex"), `${name} ${length}`);
    }
});

test.run();
