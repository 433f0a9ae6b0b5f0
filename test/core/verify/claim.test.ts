import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digest, digestOf } from "../../../core/crypto/digest.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { claimedDigest } from "../../../core/verify/claim.ts";

const test = suite("core/verify/claim");
const bytes = encodeUtf8("artifact");
const claim = { digest: digestOf(bytes) };

test("SHA-256 is always known, others only from the bytes", () => {
  assert.equal(claimedDigest(claim, "sha256"), digest("sha256", bytes));
  assert.is(claimedDigest(claim, "sha512"), undefined);
  for (const hash of ["sha256", "sha384", "sha512"] as const)
    assert.is(
      encodeHex(claimedDigest({ ...claim, bytes: () => bytes }, hash) ?? new Uint8Array()),
      encodeHex(digest(hash, bytes)),
    );
});

test.run();
