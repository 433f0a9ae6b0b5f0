/** The port through which every signature of the engine is verified. Synchronous: WebCrypto cannot stand here. */
import type { HashName } from "./digest.ts";
import type { PublicKey } from "./public-key.ts";

export type { HashName } from "./digest.ts";

/**
 * ECDSA signatures are DER (RFC 3279 §2.2.3), RSA ones as long as the modulus, Ed25519 ones 64 bytes. `saltLength` in
 * bytes.
 */
export type SignatureAlgorithm =
  | { readonly scheme: "ecdsa"; readonly hash: HashName }
  | { readonly scheme: "rsa-pkcs1v15"; readonly hash: HashName }
  | { readonly scheme: "rsa-pss"; readonly hash: HashName; readonly saltLength: number }
  | { readonly scheme: "ed25519" }
  | { readonly scheme: "ed25519ph" };

/**
 * The signed content: the message, or its digest under the algorithm's hash if the message is not known (never for pure
 * Ed25519).
 */
export type Signed = { readonly message: Uint8Array } | { readonly digest: Uint8Array };

export interface SignatureVerifier {
  /** Names the adapter in evidence and benchmarks. */
  readonly name: string;
  /**
   * Whether `signature` is one by `key` over `signed`. A signature that is malformed, of wrong length or not for this
   * kind of key is `false`.
   * @throws EngineError `unsupported` for pure Ed25519 over a digest.
   */
  verify(algorithm: SignatureAlgorithm, key: PublicKey, signed: Signed, signature: Uint8Array): boolean;
}
