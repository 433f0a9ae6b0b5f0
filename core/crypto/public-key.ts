/** Public keys: P-256, P-384, P-521, RSA, Ed25519. Source: RFC 5280 §4.1.2.7, RFC 5480, RFC 8017, RFC 8410. */
import { openDer } from "../asn1/der.ts";
import { encodeBitString, encodeElement } from "../asn1/encode.ts";
import { encodeOid } from "../asn1/oid.ts";
import { Tag } from "../asn1/tag.ts";
import { parsePem } from "../encoding/pem.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { curveOf, type EcdsaCurve, isOnCurve } from "./curve.ts";
import { sha256Hex } from "./digest.ts";
import { isEd25519Point } from "./ed25519.ts";
import { type RsaKeyFields, readRsaKey } from "./rsa-key.ts";

interface KeyBase {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /**
   * Lower-case hexadecimal SHA-256 of `spki`: the key's fingerprint, and the log id of CT and Rekor v1 logs. Computed
   * when first read.
   */
  readonly fingerprint: string;
}

export type PublicKey =
  /** `point` is uncompressed: 0x04 ‖ X ‖ Y, on the curve. */
  | (KeyBase & { readonly type: "ecdsa"; readonly curve: EcdsaCurve; readonly point: Uint8Array })
  /** `modulus` big-endian without leading zeros, odd, 1024 to 8192 bits; `exponent` odd, 3 to 2^31 - 1. */
  | (KeyBase & { readonly type: "rsa"; readonly modulus: Uint8Array; readonly exponent: number; readonly bits: number })
  /** `point` is the 32-byte key: the canonical encoding of a point that is not of small order. */
  | (KeyBase & { readonly type: "ed25519"; readonly point: Uint8Array });

/** The bounds of a key. */
export type KeyLimits = Pick<Limits, "asn1Depth" | "rsaModulusBits">;

const subject = "public key";
const malformed = (message: string, cause?: unknown): EngineError =>
  new EngineError("malformed", `${subject}: ${message}`, { subject, cause });

const algorithmOids = { ecdsa: "1.2.840.10045.2.1", rsa: "1.2.840.113549.1.1.1", ed25519: "1.3.101.112" } as const;

/** Computed on first use: most keys are leaves' keys, whose fingerprint is never read. */
abstract class LazyFingerprint {
  readonly spki: Uint8Array;
  #fingerprint: string | undefined;

  constructor(spki: Uint8Array) {
    this.spki = spki;
  }

  get fingerprint(): string {
    this.#fingerprint ??= sha256Hex(this.spki);
    return this.#fingerprint;
  }
}

class EcdsaKey extends LazyFingerprint {
  readonly type = "ecdsa";
  readonly curve: EcdsaCurve;
  readonly point: Uint8Array;

  constructor(spki: Uint8Array, curve: EcdsaCurve, point: Uint8Array) {
    super(spki);
    this.curve = curve;
    this.point = point;
  }
}

class RsaKey extends LazyFingerprint {
  readonly type = "rsa";
  readonly modulus: Uint8Array;
  readonly exponent: number;
  readonly bits: number;

  constructor(spki: Uint8Array, { modulus, exponent, bits }: RsaKeyFields) {
    super(spki);
    this.modulus = modulus;
    this.exponent = exponent;
    this.bits = bits;
  }
}

class Ed25519Key extends LazyFingerprint {
  readonly type = "ed25519";
  readonly point: Uint8Array;

  constructor(spki: Uint8Array, point: Uint8Array) {
    super(spki);
    this.point = point;
  }
}

/**
 * The key of a SubjectPublicKeyInfo, or `undefined` where its algorithm or curve is not one of ours. For certificates,
 * which may hold a key that is never used; other callers use {@link parseSpki}.
 * @throws EngineError `malformed`, `over-limit` for a key of a known algorithm that breaks its format
 */
export function readSpki(spki: Uint8Array, limits: KeyLimits): PublicKey | undefined {
  const fields = openDer(spki, Tag.sequence, subject, limits);
  const algorithm = fields.read(Tag.sequence);
  const value = fields.bitString();
  fields.end();
  const oid = algorithm.oid();
  switch (oid) {
    case algorithmOids.ecdsa: {
      const curve = curveOf(algorithm.oid());
      algorithm.end();
      if (curve === undefined) return undefined;
      if (!isOnCurve(curve, value)) throw malformed(`not an uncompressed point of ${curve.name}`);
      return new EcdsaKey(spki, curve.name, value);
    }
    case algorithmOids.rsa:
      algorithm.null();
      algorithm.end();
      return new RsaKey(spki, readRsaKey(value, limits));
    case algorithmOids.ed25519:
      algorithm.end();
      if (!isEd25519Point(value)) throw malformed("not a canonical Ed25519 point of large order");
      return new Ed25519Key(spki, value);
    default:
      if (!algorithm.atEnd) algorithm.skip();
      algorithm.end();
      return undefined;
  }
}

/**
 * The key of a SubjectPublicKeyInfo in DER.
 * @throws EngineError `malformed` also for algorithms and curves that are not ours; `over-limit` for an RSA modulus
 * above the bound
 */
export function parseSpki(der: Uint8Array, limits: KeyLimits): PublicKey {
  const key = readSpki(der, limits);
  if (key === undefined) throw malformed("neither P-256, P-384, P-521, RSA nor Ed25519");
  return key;
}

const rsaAlgorithm = encodeElement(
  Tag.sequence,
  encodeElement(Tag.oid, encodeOid(algorithmOids.rsa)),
  encodeElement(Tag.null),
);
const ed25519Algorithm = encodeElement(Tag.sequence, encodeElement(Tag.oid, encodeOid(algorithmOids.ed25519)));

/** The key of an RSAPublicKey in DER (PKCS#1). @throws EngineError `malformed`, `over-limit` */
export const parsePkcs1 = (der: Uint8Array, limits: KeyLimits): PublicKey =>
  new RsaKey(encodeElement(Tag.sequence, rsaAlgorithm, encodeBitString(der)), readRsaKey(der, limits));

/** The key of 32 bare Ed25519 bytes, as TUF has them. @throws EngineError `malformed` */
export const ed25519PublicKey = (point: Uint8Array, limits: KeyLimits): PublicKey =>
  parseSpki(encodeElement(Tag.sequence, ed25519Algorithm, encodeBitString(point)), limits);

/**
 * Every key of a PEM text, in order: blocks `PUBLIC KEY` and `RSA PUBLIC KEY`; text outside the boundaries is ignored.
 * @throws EngineError `malformed` when there is no block or one with another label; `over-limit`
 */
export function parsePublicKeysPem(text: string, limits: KeyLimits): PublicKey[] {
  const keys = parsePem(text).map(({ label, bytes }) => {
    if (label === "PUBLIC KEY") return parseSpki(bytes, limits);
    if (label === "RSA PUBLIC KEY") return parsePkcs1(bytes, limits);
    throw malformed(`PEM block ${label}`);
  });
  if (keys.length === 0) throw malformed("no PEM block");
  return keys;
}

/** The one key of a PEM text. @throws EngineError `malformed` when there is none or more than one; `over-limit` */
export function parsePublicKeyPem(text: string, limits: KeyLimits): PublicKey {
  const [key, ...others] = parsePublicKeysPem(text, limits);
  if (key === undefined || others.length > 0) throw malformed(`${others.length + 1} PEM blocks where one is expected`);
  return key;
}
