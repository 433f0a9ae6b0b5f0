/**
 * RSA keys from seeded primes, and PSS with a seeded salt: the same seed gives the same bytes. Source: RFC 8017 §5.1,
 * §9.1.1.
 */
import { type KeyObject } from "node:crypto";
import type { HashName } from "../../core/crypto/signature-verifier.ts";
import { Seed } from "./seed.ts";
/** The first prime from a seeded place on, with both upper bits set: two of them make a modulus of full length. */
export declare function findPrime(seed: Seed, label: string, bits: number, knownStep?: number): bigint;
export declare const rsaSeed: Seed;
/** A private key of `bits` bits: one for each label. */
export declare function makeRsaKey(label: string, bits: number): KeyObject;
/** EMSA-PSS and the private operation without padding. `bits` is the modulus's length, a multiple of eight. */
export declare function signPss(
  key: KeyObject,
  bits: number,
  hash: HashName,
  message: Uint8Array,
  salt: Uint8Array,
): Uint8Array;
