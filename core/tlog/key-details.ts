/**
 * Names of key types and their algorithms. Source: sigstore_common.proto `PublicKeyDetails`, Sigstore algorithm
 * registry.
 */
import type { PublicKey } from "../crypto/public-key.ts";
import type { HashName } from "../crypto/signature-verifier.ts";
import type { JsonValue } from "../encoding/json.ts";
import { EngineError } from "../errors.ts";

const details: readonly (readonly [
  name: string,
  number: number,
  type: PublicKey["type"],
  encoding: "pkix" | "pkcs1",
])[] = [
  ["PKCS1_RSA_PKCS1V5", 1, "rsa", "pkcs1"],
  ["PKIX_ECDSA_P256_SHA_256", 5, "ecdsa", "pkix"],
  ["PKIX_ED25519", 7, "ed25519", "pkix"],
  ["PKIX_RSA_PKCS1V15_2048_SHA256", 9, "rsa", "pkix"],
  ["PKIX_RSA_PKCS1V15_3072_SHA256", 10, "rsa", "pkix"],
  ["PKIX_RSA_PKCS1V15_4096_SHA256", 11, "rsa", "pkix"],
  ["PKIX_ECDSA_P384_SHA_384", 12, "ecdsa", "pkix"],
  ["PKIX_ECDSA_P521_SHA_512", 13, "ecdsa", "pkix"],
];

/**
 * What a log key's details say about its bytes. As in sigstore-go any curve fits an ECDSA name and any size an RSA
 * name: the key itself decides.
 * @throws EngineError `malformed` on any other name or number.
 */
export function readLogKeyDetails(
  value: JsonValue | undefined,
  at: string,
): { readonly type: PublicKey["type"]; readonly encoding: "pkix" | "pkcs1" } {
  const row = details.find(([name, number]) => value === name || value === number);
  if (row === undefined)
    throw new EngineError(
      "malformed",
      `a log key of type ${JSON.stringify(value ?? null).slice(0, 64)} is not supported`,
      { subject: at },
    );
  return { type: row[2], encoding: row[3] };
}

/** A key's default algorithm among those that sign a digest: its name, and its hash in the two spellings. */
export interface PrehashedAlgorithm {
  readonly keyDetails: string;
  readonly hash: HashName;
  readonly hashAlgorithm: "SHA2_256" | "SHA2_384" | "SHA2_512";
}

const sha2 = { sha256: "SHA2_256", sha384: "SHA2_384", sha512: "SHA2_512" } as const;
const prehashed = (keyDetails: string, hash: keyof typeof sha2): PrehashedAlgorithm => ({
  keyDetails,
  hash,
  hashAlgorithm: sha2[hash],
});
const curves = {
  "P-256": prehashed("PKIX_ECDSA_P256_SHA_256", "sha256"),
  "P-384": prehashed("PKIX_ECDSA_P384_SHA_384", "sha384"),
  "P-521": prehashed("PKIX_ECDSA_P521_SHA_512", "sha512"),
};

/**
 * The algorithm under which Rekor v2 logs signatures of `key`, or undefined for an RSA key of a size that is not
 * registered.
 */
export function prehashedAlgorithm(key: PublicKey): PrehashedAlgorithm | undefined {
  if (key.type === "ecdsa") return curves[key.curve];
  if (key.type === "ed25519") return prehashed("PKIX_ED25519_PH", "sha512");
  return [2048, 3072, 4096].includes(key.bits)
    ? prehashed(`PKIX_RSA_PKCS1V15_${key.bits}_SHA256`, "sha256")
    : undefined;
}

/**
 * The name under which a trusted root lists a log's key.
 * @throws EngineError `malformed` for an RSA key of a size that has no name.
 */
export function logKeyDetails(key: PublicKey): string {
  const name = key.type === "ed25519" ? "PKIX_ED25519" : prehashedAlgorithm(key)?.keyDetails;
  if (name === undefined)
    throw new EngineError("malformed", "an RSA key of a size that is not registered", { subject: "log key" });
  return name;
}
