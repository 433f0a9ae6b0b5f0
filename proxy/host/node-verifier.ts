/**
 * The fast adapter of the verifier port: node:crypto (OpenSSL), with key objects cached as long as their keys live.
 * Frequent P-384 keys go to our own kernel, because OpenSSL is slow with this curve; who asks for OpenSSL alone gets no
 * arithmetic of ours. Cases in which OpenSSL and noble differ are decided before either is called (`hasSignatureForm`),
 * so all adapters agree. Bare digests of ECDSA and Ed25519ph, which node:crypto cannot take, go to noble.
 */
import { constants, createPublicKey, type KeyObject, publicEncrypt, verify as opensslVerify } from "node:crypto";
import { verifyPkcs1, verifyPss } from "../../core/crypto/rsa.ts";
import { CombVerifier } from "../../core/kernel/comb-verifier.ts";
import { wasmHost } from "./wasm-host.ts";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import { hasSignatureForm } from "../../core/crypto/signature-form.ts";
import type { SignatureAlgorithm, SignatureVerifier, Signed } from "../../core/crypto/signature-verifier.ts";

const keyObjects = new WeakMap<PublicKey, KeyObject>();

function createKeyObject(key: PublicKey): KeyObject {
  if (key.type === "ecdsa" && key.curve === "P-256") {
    // OpenSSL 3 takes a P-256 key from coordinates in two thirds of the time that it needs for DER; for the larger
    // curves it is the other way round.
    const { buffer, byteOffset } = key.point;
    const x = Buffer.from(buffer, byteOffset + 1, 32).toString("base64url");
    const y = Buffer.from(buffer, byteOffset + 33, 32).toString("base64url");
    return createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  }
  return createPublicKey({ key: Buffer.from(key.spki), format: "der", type: "spki" });
}

function keyObjectOf(key: PublicKey): KeyObject {
  let object = keyObjects.get(key);
  if (object === undefined) {
    object = createKeyObject(key);
    keyObjects.set(key, object);
  }
  return object;
}

function verifyMessage(
  algorithm: Exclude<SignatureAlgorithm, { scheme: "ed25519ph" }>,
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const object = keyObjectOf(key);
  switch (algorithm.scheme) {
    case "ed25519":
      return opensslVerify(null, message, object, signature);
    case "ecdsa":
      return opensslVerify(algorithm.hash, message, object, signature);
    case "rsa-pkcs1v15":
      return opensslVerify(algorithm.hash, message, object, signature);
    case "rsa-pss":
      return opensslVerify(
        algorithm.hash,
        message,
        { key: object, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.saltLength },
        signature,
      );
  }
}

/**
 * The kernel and its first combs cost as much as some eighty verifications save, each further comb as ten: a short run
 * never pays for them.
 */
export const usesBeforeComb = 64;

const p384 = new CombVerifier("P-384", usesBeforeComb, wasmHost());

type Verify = SignatureVerifier["verify"];
type RsaKey = PublicKey & { readonly type: "rsa" };

/** The public operation of RSA by OpenSSL, without any padding. */
const recoverByOpenssl = (key: RsaKey) => (_: unknown, signature: Uint8Array) =>
  new Uint8Array(publicEncrypt({ key: keyObjectOf(key), padding: constants.RSA_NO_PADDING }, signature));

/** What node:crypto does not take: the digest in place of the message, and Ed25519ph. */
function verifyDigest(algorithm: SignatureAlgorithm, key: PublicKey, signed: Signed, signature: Uint8Array): boolean {
  if (key.type !== "rsa" || !("digest" in signed)) return nobleVerifier.verify(algorithm, key, signed, signature);
  if (!hasSignatureForm(algorithm, key, signed, signature)) return false;
  const { digest } = signed;
  const recover = recoverByOpenssl(key);
  if (algorithm.scheme === "rsa-pkcs1v15") return verifyPkcs1(key, algorithm.hash, digest, signature, recover);
  return (
    algorithm.scheme === "rsa-pss" && verifyPss(key, algorithm.hash, digest, algorithm.saltLength, signature, recover)
  );
}

const verifyByOpenssl: Verify = (algorithm, key, signed, signature) => {
  if ("digest" in signed || algorithm.scheme === "ed25519ph") return verifyDigest(algorithm, key, signed, signature);
  return (
    hasSignatureForm(algorithm, key, signed, signature) && verifyMessage(algorithm, key, signed.message, signature)
  );
};

const verify: Verify = (algorithm, key, signed, signature) => {
  if (
    algorithm.scheme === "ecdsa" &&
    key.type === "ecdsa" &&
    key.curve === "P-384" &&
    hasSignatureForm(algorithm, key, signed, signature)
  ) {
    const holds = p384.verify(algorithm.hash, key, signed, signature);
    if (holds !== undefined) return holds;
  }
  return verifyByOpenssl(algorithm, key, signed, signature);
};

/** Verifies with OpenSSL, whatever the key, and never with arithmetic of ours. */
export const opensslVerifier: SignatureVerifier = { name: "openssl", verify: verifyByOpenssl };

/** Verifies with OpenSSL. Answers as `nobleVerifier` does, an order of magnitude faster. */
export const nodeVerifier: SignatureVerifier = { name: "node", verify };
