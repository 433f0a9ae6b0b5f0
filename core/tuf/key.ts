/**
 * Keys of TUF metadata and their signatures. Source: TUF 1.0 §4.2, "key types". Key ids are opaque: nothing recomputes
 * them.
 */
import { ed25519PublicKey, parsePublicKeyPem, type PublicKey } from "../crypto/public-key.ts";
import type { SignatureAlgorithm, SignatureVerifier } from "../crypto/signature-verifier.ts";
import { decodeHex } from "../encoding/hex.ts";
import type { IntegerJson } from "../encoding/json.ts";
import { EngineError } from "../errors.ts";
import { readObject, readText } from "./metadata-shape.ts";
import type { Limits } from "../limits.ts";

export interface TufKey {
  readonly keyType: string;
  readonly scheme: string;
  readonly value: string;
  /**
   * Absent if type, scheme or value is unknown here: such a key signs nothing, but does not affect the others.
   */
  readonly usable: UsableKey | undefined;
  /** Why it is absent. */
  readonly fault?: string;
}

export interface UsableKey {
  readonly publicKey: PublicKey;
  /** Of which a signature needs to satisfy one. */
  readonly algorithms: readonly SignatureAlgorithm[];
}

/** @throws EngineError `malformed` when members are missing. A value that is not a key makes the key unusable. */
export function readKey(value: IntegerJson, at: string, limits: Limits): TufKey {
  const object = readObject(value, at);
  const keyType = readText(object.keytype, `${at}/keytype`);
  const scheme = readText(object.scheme, `${at}/scheme`);
  const text = readText(readObject(object.keyval, `${at}/keyval`).public, `${at}/keyval/public`);
  return { keyType, scheme, value: text, ...toUsableKey(keyType, scheme, text, limits) };
}

const ecdsaCurves: Readonly<Record<string, { readonly curve: string; readonly hash: "sha256" | "sha384" }>> = {
  "ecdsa-sha2-nistp256": { curve: "P-256", hash: "sha256" },
  "ecdsa-sha2-nistp384": { curve: "P-384", hash: "sha384" },
};

/** A salt as long as the digest, or as long as fits: signers of TUF write either. */
const pss = ({ bits }: { readonly bits: number }): readonly SignatureAlgorithm[] =>
  [32, Math.ceil((bits - 1) / 8) - 34].map((saltLength) => ({ scheme: "rsa-pss", hash: "sha256", saltLength }));

type Read = Pick<TufKey, "usable" | "fault">;

const longest = 60;

function toUsableKey(keyType: string, scheme: string, text: string, limits: Limits): Read {
  const kind = `${keyType} with ${scheme}`.slice(0, longest);
  const otherKey: Read = { usable: undefined, fault: `${kind}: its value is a key of another type` };
  try {
    if (keyType === "ed25519" && scheme === "ed25519")
      return { usable: { publicKey: ed25519PublicKey(decodeHex(text), limits), algorithms: [{ scheme: "ed25519" }] } };
    if (keyType === "rsa" && scheme === "rsassa-pss-sha256") {
      const publicKey = parsePublicKeyPem(text, limits);
      return publicKey.type === "rsa" ? { usable: { publicKey, algorithms: pss(publicKey) } } : otherKey;
    }
    const ecdsa = Object.hasOwn(ecdsaCurves, scheme) ? ecdsaCurves[scheme] : undefined;
    if (ecdsa === undefined || (keyType !== "ecdsa" && keyType !== scheme))
      return { usable: undefined, fault: `${kind} is not known here` };
    const publicKey = parsePublicKeyPem(text, limits);
    return publicKey.type === "ecdsa" && publicKey.curve === ecdsa.curve
      ? { usable: { publicKey, algorithms: [{ scheme: "ecdsa", hash: ecdsa.hash }] } }
      : otherKey;
  } catch (error) {
    if (error instanceof EngineError) return { usable: undefined, fault: `${kind}: ${error.message}` };
    throw error;
  }
}

/** Whether `signature` is the key's over `message`. */
export const verifyWithKey = (
  { publicKey, algorithms }: UsableKey,
  message: Uint8Array,
  signature: Uint8Array,
  verifier: SignatureVerifier,
): boolean => algorithms.some((algorithm) => verifier.verify(algorithm, publicKey, { message }, signature));
