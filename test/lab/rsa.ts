/**
 * RSA keys from seeded primes, and PSS with a seeded salt: the same seed gives the same bytes. Source: RFC 8017 §5.1,
 * §9.1.1.
 */
import { checkPrimeSync, constants, createHash, createPrivateKey, type KeyObject, privateEncrypt } from "node:crypto";
import type { HashName } from "../../core/crypto/signature-verifier.ts";
import type { Seed } from "./seed.ts";

const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const toBytes = (value: bigint, length?: number): Buffer => {
  const hex = value.toString(16);
  const padded = hex.padStart(length === undefined ? hex.length + (hex.length % 2) : length * 2, "0");
  return Buffer.from(padded, "hex");
};

/** The first prime from a seeded place on, with both upper bits set: two of them make a modulus of full length. */
function prime(seed: Seed, label: string, bits: number): bigint {
  const start = seed.bytes(label, bits / 8);
  start[0] = (start[0] ?? 0) | 0xc0;
  start[start.length - 1] = (start[start.length - 1] ?? 0) | 1;
  for (let candidate = toBigInt(start); ; candidate += 2n)
    if (candidate % 3n !== 0n && candidate % 5n !== 0n && checkPrimeSync(candidate, { checks: 4 })) return candidate;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a % b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

const exponent = 65537n;

/** A private key of `bits` bits. Takes a second for 4096. */
export function makeRsaKey(seed: Seed, label: string, bits: number): KeyObject {
  for (let attempt = 0; ; attempt++) {
    const p = prime(seed, `${label} p ${attempt}`, bits / 2);
    const q = prime(seed, `${label} q ${attempt}`, bits / 2);
    if (p % exponent === 1n || q % exponent === 1n || p === q) continue;
    const d = inverse(exponent, (p - 1n) * (q - 1n));
    const part = (value: bigint): string => toBytes(value).toString("base64url");
    const jwk = { kty: "RSA", n: p * q, e: exponent, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
    const texts = Object.fromEntries(
      Object.entries(jwk).map(([name, value]) => [name, typeof value === "bigint" ? part(value) : value]),
    );
    return createPrivateKey({ key: texts, format: "jwk" });
  }
}

function mask(hash: HashName, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let count = 0; Buffer.concat(blocks).length < length; count++)
    blocks.push(
      createHash(hash)
        .update(seed)
        .update(toBytes(BigInt(count), 4))
        .digest(),
    );
  return Buffer.concat(blocks).subarray(0, length);
}

/** EMSA-PSS and the private operation without padding. `bits` is the modulus's length, a multiple of eight. */
export function signPss(
  key: KeyObject,
  bits: number,
  hash: HashName,
  message: Uint8Array,
  salt: Uint8Array,
): Uint8Array {
  const digest = createHash(hash).update(message).digest();
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
  const block = Buffer.concat([Buffer.alloc(bits / 8 - digest.length - salt.length - 2), Buffer.of(1), salt]);
  const over = mask(hash, h, block.length);
  const masked = block.map((byte, index) => byte ^ (over[index] ?? 0));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return new Uint8Array(
    privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.concat([masked, h, Buffer.of(0xbc)])),
  );
}
