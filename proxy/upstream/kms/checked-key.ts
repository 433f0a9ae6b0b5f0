/** The public key that a service returned, checked against what the service says of it. */
import { parsePublicKeyPem, parseSpki, type PublicKey } from "../../../core/crypto/public-key.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { encodePem } from "../../../core/encoding/pem.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { asUpstreamError } from "../json-answer.ts";

/** A kind of key as people write it: `P-256`, `RSA 2048`, `Ed25519`. */
export type KeyKind = "P-256" | "P-384" | "P-521" | "Ed25519" | `RSA ${number}`;

export interface ReturnedKey {
  /** PEM text, or SubjectPublicKeyInfo in DER. */
  readonly key: string | Uint8Array;
  /** What the service states; `undefined` where it names no kind but that of the key itself. */
  readonly kind: KeyKind | undefined;
}

/**
 * Asks one service. What it opens is kept for further keys: a client, credentials. `undefined`: the service said that
 * there is no such key.
 * @throws EngineError with the codes of an outage, `no-key`, `invalid-config`
 */
export type KeyReader<Reference> = (
  reference: Reference,
  subject: string,
  signal: AbortSignal,
) => Promise<ReturnedKey | undefined>;

/** A key that cannot be used to verify signatures, whatever it is good for. */
export const unusable = (subject: string, why: string): EngineError =>
  new EngineError("no-key", `the key ${why}`, { subject });

const kindOf = (key: PublicKey): KeyKind =>
  key.type === "ecdsa" ? key.curve : key.type === "rsa" ? `RSA ${key.bits}` : "Ed25519";

/**
 * The key in PEM, always in the same form.
 * @throws EngineError `upstream-error` where it is not a public key, or not one of the kind that is stated.
 */
export function checkedPem({ key, kind }: ReturnedKey, subject: string, limits: Limits): string {
  const read = asUpstreamError(subject, "what it returned is not a public key", () =>
    typeof key === "string" ? parsePublicKeyPem(key, limits) : parseSpki(key, limits),
  );
  const found = kindOf(read);
  if (kind !== undefined && found !== kind)
    throw new EngineError("upstream-error", `it states a key of ${kind}, but returned one of ${found}`, { subject });
  return encodePem("PUBLIC KEY", encodeBase64(read.spki));
}
