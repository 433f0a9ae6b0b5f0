import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import { emptyCount, verifyWycheproofGroup, type WycheproofGroup } from "./wycheproof.ts";

const test = suite("conformance/wycheproof");

const message = Buffer.from("wycheproof");
const derOf = (key: KeyObject): Buffer => key.export({ format: "der", type: "spki" });

/** A group of one valid signature and one that is none. */
const groupOf = (type: string, der: Buffer, sig: Buffer, sha = "SHA-256"): WycheproofGroup => ({
  type,
  publicKeyDer: der.toString("hex"),
  sha,
  tests: [
    { tcId: 1, comment: "", msg: message.toString("hex"), sig: sig.toString("hex"), result: "valid" },
    { tcId: 2, comment: "", msg: "00", sig: sig.toString("hex"), result: "invalid" },
  ],
});

function count(group: WycheproofGroup) {
  const result = emptyCount();
  verifyWycheproofGroup(group, nobleVerifier, "file", result);
  return [result.passed, result.failed.length, result.unsupported.reduce((sum, { tests }) => sum + tests, 0)];
}

const short = generateKeyPairSync("rsa", { modulusLength: 768 });
const wide = generateKeyPairSync("rsa", { modulusLength: 1024, publicExponent: 2 ** 31 + 11 });
const pss = generateKeyPairSync("rsa-pss", { modulusLength: 1024 });
const koblitz = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
const curve = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed448 = generateKeyPairSync("ed448");

/** The same point, by one coordinate and the sign of the other. */
function compressed(der: Buffer): Buffer {
  const point = der.subarray(-65);
  const odd = (point[64] as number) & 1;
  const header = Buffer.from(der.subarray(0, der.length - 65));
  header[1] = (header[1] as number) - 32;
  header[header.length - 2] = (header[header.length - 2] as number) - 32;
  return Buffer.concat([header, Buffer.of(2 + odd), point.subarray(1, 33)]);
}

test("keys that are refused by design are unsupported, and their tests neither pass nor fail", () => {
  const signed = sign("sha256", message, curve.privateKey);
  const groups: readonly WycheproofGroup[] = [
    groupOf("RsassaPkcs1Verify", derOf(short.publicKey), sign("sha256", message, short.privateKey)),
    groupOf("RsassaPkcs1Verify", derOf(wide.publicKey), sign("sha256", message, wide.privateKey)),
    { ...groupOf("RsassaPssVerify", derOf(pss.publicKey), sign("sha256", message, pss.privateKey)), ...mgf },
    groupOf("EcdsaVerify", derOf(koblitz.publicKey), sign("sha256", message, koblitz.privateKey)),
    groupOf("EcdsaVerify", compressed(derOf(curve.publicKey)), signed),
    groupOf("EddsaVerify", derOf(ed448.publicKey), sign(null, message, ed448.privateKey)),
  ];
  for (const group of groups) assert.equal(count(group), [0, 0, 2], group.type);
});

const mgf = { mgf: "MGF1", mgfSha: "SHA-256", sLen: 32 };

test("keys of ours pass and fail, and a text that is no key at all refuses", () => {
  const signed = sign("sha256", message, curve.privateKey);
  const der = derOf(curve.publicKey);
  assert.equal(count(groupOf("EcdsaVerify", der, signed)), [2, 0, 0]);
  assert.equal(count(groupOf("EcdsaVerify", der.subarray(1), signed)), [1, 1, 0]);
  assert.equal(count(groupOf("EcdsaVerify", der, signed, "SHA-1")), [0, 0, 2]);
});

test.run();
