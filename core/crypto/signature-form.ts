/**
 * Checks of a signature without arithmetic on the key: both adapters run them first, so that neither the strictness of
 * OpenSSL nor that of noble decides. Source: RFC 3279 §2.2.3, RFC 8017 §8, RFC 8032 §5.1.7.
 */
import { EngineError } from "../errors.ts";
import { compareUnsigned } from "./big-integer.ts";
import { digestLength } from "./digest.ts";
import { isEcdsaSignature } from "./ecdsa-signature.ts";
import { isEd25519Signature } from "./ed25519.ts";
import type { PublicKey } from "./public-key.ts";
import { pkcs1Fits, pssFits } from "./rsa.ts";
import type { SignatureAlgorithm, Signed } from "./signature-verifier.ts";

/**
 * Whether the key is of the algorithm's kind, a bare digest as long as its hash, and the signature well-formed: DER
 * with r and s in range, as long as the modulus and below it, or 64 bytes with S below the order.
 * @throws EngineError `unsupported` for pure Ed25519 over a digest
 */
export function hasSignatureForm(
  algorithm: SignatureAlgorithm,
  key: PublicKey,
  signed: Signed,
  signature: Uint8Array,
): boolean {
  switch (algorithm.scheme) {
    case "ed25519":
      if ("digest" in signed)
        throw new EngineError("unsupported", "pure Ed25519 signs a message, not a digest", { subject: "signature" });
      return key.type === "ed25519" && isEd25519Signature(signature);
    case "ed25519ph":
      return (
        key.type === "ed25519" &&
        (!("digest" in signed) || signed.digest.length === digestLength.sha512) &&
        isEd25519Signature(signature)
      );
    case "ecdsa":
      return key.type === "ecdsa" && hasDigestLength(algorithm.hash, signed) && isEcdsaSignature(signature, key.curve);
    case "rsa-pkcs1v15":
      return (
        key.type === "rsa" &&
        hasDigestLength(algorithm.hash, signed) &&
        pkcs1Fits(key.bits, algorithm.hash) &&
        isBelowModulus(signature, key.modulus)
      );
    case "rsa-pss":
      return (
        key.type === "rsa" &&
        hasDigestLength(algorithm.hash, signed) &&
        pssFits(key.bits, algorithm.hash, algorithm.saltLength) &&
        isBelowModulus(signature, key.modulus)
      );
  }
}

const hasDigestLength = (hash: keyof typeof digestLength, signed: Signed): boolean =>
  !("digest" in signed) || signed.digest.length === digestLength[hash];

const isBelowModulus = (signature: Uint8Array, modulus: Uint8Array): boolean =>
  signature.length === modulus.length && compareUnsigned(signature, modulus) < 0;
