/**
 * RSA verification on BigInt. Source: RFC 8017 §5.2.2, §8.1.2, §8.2.2, §9.1.2, §9.2. Why not a package:
 * docs/decisions/020-portable-signatures.md.
 *
 * Everything is public here, so nothing is constant-time.
 */
import { concat, equalBytes } from "../encoding/bytes.ts";
import { decodeHex } from "../encoding/hex.ts";
import { toBigInt, toBytes } from "./big-integer.ts";
import { digest, digestLength, type HashName } from "./digest.ts";

/** Number, base and modulus of the public operation. */
export interface RsaKey {
  readonly modulus: Uint8Array;
  readonly exponent: number;
  readonly bits: number;
}

/** DigestInfo up to the digest itself, with NULL parameters; its last byte is the digest's length. */
const digestInfo: Readonly<Record<HashName, Uint8Array>> = {
  sha224: decodeHex("302d300d06096086480165030402040500041c"),
  sha256: decodeHex("3031300d060960864801650304020105000420"),
  sha384: decodeHex("3041300d060960864801650304020205000430"),
  sha512: decodeHex("3051300d060960864801650304020305000440"),
};

/** signature^exponent mod modulus, as long as the modulus. The signature is below the modulus. */
function recoverEncoded({ modulus, exponent }: RsaKey, signature: Uint8Array): Uint8Array {
  const n = toBigInt(modulus);
  const base = toBigInt(signature);
  let power = base;
  for (let bit = 30 - Math.clz32(exponent); bit >= 0; bit--) {
    power = (power * power) % n;
    if ((exponent >>> bit) & 1) power = (power * base) % n;
  }
  return toBytes(power, modulus.length);
}

/** The public operation, where a host has its own. */
export type Recover<Key extends RsaKey = RsaKey> = (key: Key, signature: Uint8Array) => Uint8Array;

/** Whether a modulus of `bits` has room for the padding of at least eight bytes. */
export const pkcs1Fits = (bits: number, hash: HashName): boolean =>
  Math.ceil(bits / 8) >= digestInfo[hash].length + digestLength[hash] + 11;

/** Whether a modulus of `bits` has room for digest, salt and the two fixed bytes. */
export const pssFits = (bits: number, hash: HashName, saltLength: number): boolean =>
  Number.isInteger(saltLength) && saltLength >= 0 && Math.ceil((bits - 1) / 8) >= digestLength[hash] + saltLength + 2;

/** PKCS#1 v1.5: the expected encoded message is built and compared as a whole, so that padding cannot hide anything. */
export function verifyPkcs1(
  key: RsaKey,
  hash: HashName,
  hashed: Uint8Array,
  signature: Uint8Array,
  recover: Recover = recoverEncoded,
): boolean {
  const info = digestInfo[hash];
  const expected = new Uint8Array(key.modulus.length).fill(0xff);
  const tail = expected.length - info.length - hashed.length;
  expected.set([0, 1], 0);
  expected[tail - 1] = 0;
  expected.set(info, tail);
  expected.set(hashed, tail + info.length);
  return equalBytes(recover(key, signature), expected);
}

/** MGF1 (RFC 8017 appendix B.2.1). */
function maskOf(hash: HashName, seed: Uint8Array, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  for (let offset = 0, counter = 0; offset < length; offset += digestLength[hash], counter++) {
    const block = digest(hash, concat(seed, toBytes(BigInt(counter), 4)));
    mask.set(block.subarray(0, length - offset), offset);
  }
  return mask;
}

/** PSS with MGF1 over the same hash and a salt of exactly `saltLength` bytes. */
export function verifyPss(
  key: RsaKey,
  hash: HashName,
  hashed: Uint8Array,
  saltLength: number,
  signature: Uint8Array,
  recover: Recover = recoverEncoded,
): boolean {
  const recovered = recover(key, signature);
  const encodedBits = key.bits - 1;
  const length = Math.ceil(encodedBits / 8);
  // A modulus of 8k + 1 bits has one byte more than the encoded message; that byte is zero.
  if (recovered.length > length && recovered[0] !== 0) return false;
  const encoded = recovered.subarray(recovered.length - length);
  const end = length - digestLength[hash] - 1;
  const masked = encoded.subarray(0, end);
  const inner = encoded.subarray(end, length - 1);
  const unusedBits = 0xff & ~(0xff >> (8 * length - encodedBits));
  if (encoded[length - 1] !== 0xbc || ((masked[0] as number) & unusedBits) !== 0) return false;
  const block = maskOf(hash, inner, end).map((byte, index) => byte ^ (masked[index] as number));
  block[0] = (block[0] as number) & ~unusedBits;
  const separator = end - saltLength - 1;
  if (block[separator] !== 1 || block.subarray(0, separator).some((byte) => byte !== 0)) return false;
  return equalBytes(digest(hash, concat(new Uint8Array(8), hashed, block.subarray(separator + 1))), inner);
}
