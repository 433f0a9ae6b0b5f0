/**
 * Which signature algorithms a key may have used: by the key's type and the policy, never by what the signed document
 * says. Source: docs/spec/sigstore.md#hash-for-a-key, #choosing-the-algorithm, docs/spec/kyverno.md#keys.
 */
import { EngineError } from "../errors.ts";
import type { EcdsaCurve } from "./curve.ts";
import { type HashName, isHashName } from "./digest.ts";
import type { PublicKey } from "./public-key.ts";
import type { SignatureAlgorithm } from "./signature-verifier.ts";

/** The curve's own hash first, then the one that older clients used. */
const registeredHashes: Readonly<Record<EcdsaCurve, readonly HashName[]>> = {
  "P-256": ["sha256"],
  "P-384": ["sha384", "sha256"],
  "P-521": ["sha512", "sha256"],
};

/** The default that a cluster writes into every policy: it says nothing. */
const unspecified = "sha256";

/**
 * The algorithms to try for a signature by `key`, in order. `wanted` is a policy's `signatureAlgorithm`: without one,
 * or with `sha256`, every registered hash of the key's type; otherwise that hash alone. Ed25519 ignores it.
 * @throws EngineError `malformed` for a `wanted` that is not a hash, and for RSA with `sha224`
 */
export function registeredAlgorithms(key: PublicKey, wanted: string = unspecified): readonly SignatureAlgorithm[] {
  const name = wanted === "" ? unspecified : wanted;
  const wrong = (why: string) =>
    new EngineError("malformed", `signature algorithm ${JSON.stringify(wanted)} ${why}`, {
      subject: "signatureAlgorithm",
    });
  if (!isHashName(name)) throw wrong("is not one of sha224, sha256, sha384, sha512");
  switch (key.type) {
    case "ecdsa":
      return (name === unspecified ? registeredHashes[key.curve] : [name]).map((hash) => ({ scheme: "ecdsa", hash }));
    case "rsa":
      // PSS is registered, but no verifier of cosign selects it: such a signature never passes there.
      if (name === "sha224") throw wrong("is not for RSA keys");
      return [{ scheme: "rsa-pkcs1v15", hash: name }];
    case "ed25519":
      return [{ scheme: "ed25519" }, { scheme: "ed25519ph" }];
  }
}
