/** Public keys: P-256, P-384, P-521, RSA, Ed25519. Source: RFC 5280 §4.1.2.7, RFC 5480, RFC 8017, RFC 8410. */

interface KeyBase {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** Lower-case hexadecimal SHA-256 of `spki`: the key's fingerprint, and the log id of CT and Rekor v1 logs. */
  readonly fingerprint: string;
}

export type EcdsaCurve = "P-256" | "P-384" | "P-521";

export type PublicKey =
  /** `point` is uncompressed: 0x04 ‖ X ‖ Y. */
  | (KeyBase & { readonly type: "ecdsa"; readonly curve: EcdsaCurve; readonly point: Uint8Array })
  /** `modulus` big-endian without leading zeros. */
  | (KeyBase & { readonly type: "rsa"; readonly modulus: Uint8Array; readonly exponent: number; readonly bits: number })
  /** `point` is the 32-byte key. */
  | (KeyBase & { readonly type: "ed25519"; readonly point: Uint8Array });
