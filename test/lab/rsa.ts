/**
 * RSA keys from seeded primes, and PSS with a seeded salt: the same seed gives the same bytes. Source: RFC 8017 §5.1,
 * §9.1.1.
 */
import { checkPrimeSync, constants, createHash, createPrivateKey, type KeyObject, privateEncrypt } from "node:crypto";
import { toBigInt, toBytes } from "../../core/crypto/big-integer.ts";
import type { HashName } from "../../core/crypto/signature-verifier.ts";
import { Seed } from "./seed.ts";

/** Without zero bytes in front. */
const shortest = (value: bigint): Uint8Array => toBytes(value, Math.ceil(value.toString(16).length / 2));

/**
 * Where the search for the two primes of a key ends, in steps from where it begins: searching takes a second for 4096
 * bits. Keys with another name or seed are searched for.
 */
const knownSteps: Readonly<Record<string, readonly [p: number, q: number]>> = {
  "certificate log rsa2048": [499, 204],
  "issuer 0 rsa2048": [155, 174],
  "issuer 1 rsa2048": [897, 651],
  "k rsa2048": [390, 96],
  "log rsa2048": [902, 223],
  "log rsa3072": [12, 360],
  "rsa rsa2048": [150, 100],
  "signer rsa2048": [165, 1167],
  "signer rsa3072": [40, 264],
  "signer rsa4096": [563, 378],
  "tuf root-1 rsa2048": [537, 112],
  "tuf root-2 rsa2048": [229, 55],
  "tuf root-3 rsa2048": [296, 513],
  "tuf snapshot rsa2048": [1211, 590],
  "tuf targets-1 rsa2048": [88, 418],
  "tuf targets-2 rsa2048": [188, 349],
  "tuf targets-3 rsa2048": [21, 73],
  "tuf timestamp rsa2048": [915, 455],
};

/** The first prime from a seeded place on, with both upper bits set: two of them make a modulus of full length. */
export function findPrime(seed: Seed, label: string, bits: number, knownStep?: number): bigint {
  const start = seed.bytes(label, bits / 8);
  start[0] = (start[0] ?? 0) | 0xc0;
  start[start.length - 1] = (start[start.length - 1] ?? 0) | 1;
  const first = toBigInt(start);
  if (knownStep !== undefined) return first + 2n * BigInt(knownStep);
  for (let candidate = first; ; candidate += 2n)
    if (candidate % 3n !== 0n && candidate % 5n !== 0n && checkPrimeSync(candidate)) return candidate;
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

export const rsaSeed = new Seed("rsa");

/** A private key of `bits` bits: one for each label. */
export function makeRsaKey(label: string, bits: number): KeyObject {
  for (let attempt = 0; ; attempt++) {
    const [pStep, qStep] = (attempt === 0 ? knownSteps[label] : undefined) ?? [];
    const p = findPrime(rsaSeed, `${label} p ${attempt}`, bits / 2, pStep);
    const q = findPrime(rsaSeed, `${label} q ${attempt}`, bits / 2, qStep);
    if (p % exponent === 1n || q % exponent === 1n || p === q) continue;
    const d = inverse(exponent, (p - 1n) * (q - 1n));
    const part = (value: bigint): string => Buffer.from(shortest(value)).toString("base64url");
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
