/**
 * The portable adapter of the verifier port: noble's curves and hashes, RSA on BigInt. It runs wherever JavaScript
 * does.
 */
import { digest, type HashName } from "./digest.ts";
import { verifyEcdsa } from "./ecdsa.ts";
import { verifyEd25519, verifyEd25519ph } from "./ed25519.ts";
import type { PublicKey } from "./public-key.ts";
import { verifyPkcs1, verifyPss } from "./rsa.ts";
import { hasSignatureForm } from "./signature-form.ts";
import type { SignatureAlgorithm, SignatureVerifier, Signed } from "./signature-verifier.ts";

const digested = (hash: HashName, signed: Signed): Uint8Array =>
  "digest" in signed ? signed.digest : digest(hash, signed.message);

function verify(algorithm: SignatureAlgorithm, key: PublicKey, signed: Signed, signature: Uint8Array): boolean {
  if (!hasSignatureForm(algorithm, key, signed, signature)) return false;
  if (key.type === "ecdsa" && algorithm.scheme === "ecdsa")
    return verifyEcdsa(key, digested(algorithm.hash, signed), signature);
  if (key.type === "rsa" && algorithm.scheme === "rsa-pkcs1v15")
    return verifyPkcs1(key, algorithm.hash, digested(algorithm.hash, signed), signature);
  if (key.type === "rsa" && algorithm.scheme === "rsa-pss")
    return verifyPss(key, algorithm.hash, digested(algorithm.hash, signed), algorithm.saltLength, signature);
  if (key.type === "ed25519" && algorithm.scheme === "ed25519ph")
    return verifyEd25519ph(key.point, digested("sha512", signed), signature);
  if (key.type === "ed25519" && algorithm.scheme === "ed25519" && "message" in signed)
    return verifyEd25519(key.point, signed.message, signature);
  return false;
}

/**
 * Verifies with portable code only. High S is accepted, as by cosign; DER is strict; Ed25519 keys and signatures are
 * canonical.
 */
export const nobleVerifier: SignatureVerifier = { name: "noble", verify };
