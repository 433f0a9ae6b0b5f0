/** RSA padding, built by hand where no library makes it. */
import { createHash, createPrivateKey, generateKeyPairSync, privateEncrypt, constants } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSpki, type PublicKey } from "../../../core/crypto/public-key.ts";
import { pkcs1Fits, pssFits, verifyPkcs1, verifyPss } from "../../../core/crypto/rsa.ts";
import { decodeHex } from "../../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/crypto/rsa");
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = parseSpki(
  new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" })),
  defaultLimits,
) as PublicKey & {
  type: "rsa";
};
const digest = new Uint8Array(createHash("sha256").update(encodeUtf8("message")).digest());
const info = decodeHex("3031300d060960864801650304020105000420");

/** Signs an encoded message as it is. */
const raw = (encoded: Uint8Array): Uint8Array =>
  new Uint8Array(
    privateEncrypt(
      {
        key: createPrivateKey(pair.privateKey.export({ type: "pkcs8", format: "pem" })),
        padding: constants.RSA_NO_PADDING,
      },
      encoded,
    ),
  );
const padded = (tail: readonly number[], filler = 0xff, type = 1): Uint8Array =>
  Uint8Array.of(0, type, ...new Uint8Array(256 - 3 - tail.length).fill(filler), 0, ...tail);

test("the one encoding that is right", () =>
  assert.ok(verifyPkcs1(key, "sha256", digest, raw(padded([...info, ...digest])))));

const wrong: Readonly<Record<string, Uint8Array>> = {
  "no DigestInfo": padded([...digest]),
  "DigestInfo without NULL": padded([...decodeHex("302f300b0609608648016503040201 0420".replace(" ", "")), ...digest]),
  "another hash's DigestInfo": padded([...decodeHex("302d300d06096086480165030402040500041c"), ...digest]),
  "block type 2": padded([...info, ...digest], 0xff, 2),
  "padding of other bytes": padded([...info, ...digest], 0xfe),
  "bytes after the digest": padded([...info, ...digest, 0, 0]),
  "padding of eight bytes and garbage": Uint8Array.of(
    0,
    1,
    ...new Uint8Array(8).fill(0xff),
    0,
    ...info,
    ...digest,
    ...new Uint8Array(256 - 11 - 51),
  ),
};
for (const [what, encoded] of Object.entries(wrong))
  test(`PKCS#1 refused: ${what}`, () => assert.not.ok(verifyPkcs1(key, "sha256", digest, raw(encoded))));

test("PSS refuses what is not its encoding", () => {
  for (const encoded of [
    padded([...info, ...digest]),
    Uint8Array.of(...new Uint8Array(255), 0xbc),
    new Uint8Array(256),
  ])
    assert.not.ok(verifyPss(key, "sha256", digest, 32, raw(encoded)));
});

test("room", () => {
  assert.ok(pkcs1Fits(1024, "sha512"));
  assert.not.ok(pkcs1Fits(488, "sha256"));
  assert.ok(pssFits(1024, "sha512", 62));
  assert.not.ok(pssFits(1024, "sha512", 63));
  assert.not.ok(pssFits(2048, "sha256", -1));
  assert.not.ok(pssFits(2048, "sha256", 0.5));
});

test.run();
