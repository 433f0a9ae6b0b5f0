/** Signatures of the lab beside another implementation's, byte by byte. */
import { createHash } from "node:crypto";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type SigningCurve, multiplyBase, signDigest } from "./ecdsa.ts";
import { Seed } from "./seed.ts";

const test = suite("lab/ecdsa");
const seed = new Seed("ecdsa");

for (const [curve, name, hash] of [
  [p256, "prime256v1", "sha256"],
  [p384, "secp384r1", "sha384"],
  [p521, "secp521r1", "sha512"],
] as const)
  test(`${name}: points and signatures, with digests of every length`, () => {
    const ours: SigningCurve = { name, hash, order: curve.Point.Fn.ORDER };
    for (let round = 0; round < 3; round++) {
      const { secretKey, publicKey } = curve.keygen(seed.bytes(`${name} ${round}`, curve.lengths.seed ?? 48));
      assert.equal(multiplyBase(ours, secretKey), curve.Point.fromBytes(publicKey).toBytes(false));
      for (const digestName of ["sha224", "sha256", "sha384", "sha512"]) {
        const digest = new Uint8Array(createHash(digestName).update(`${round}`).digest());
        assert.equal(
          signDigest(ours, secretKey, digest),
          curve.sign(digest, secretKey, { prehash: false, lowS: false, format: "der" }),
          `${name} ${digestName}`,
        );
      }
    }
  });

test.run();
