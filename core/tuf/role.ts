/** Roles: which keys sign, and how many must. Source: TUF 1.0 §4.3 and §4.5. */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { IntegerJsonObject } from "../encoding/json.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { type TufKey, verifyWithKey } from "./key.ts";
import type { Metadata } from "./metadata.ts";
import { readInteger, readTexts } from "./metadata-shape.ts";

export const topLevelRoles = ["root", "timestamp", "snapshot", "targets"] as const;
export type TopLevelRole = (typeof topLevelRoles)[number];

export interface Role {
  readonly threshold: bigint;
  /** With the keys that they name. */
  readonly keys: ReadonlyMap<string, TufKey>;
}

/**
 * @throws EngineError `malformed` when a key id is repeated or names no key, or when the threshold is 0; `over-limit`.
 */
export function readRole(
  object: IntegerJsonObject,
  keys: ReadonlyMap<string, TufKey>,
  at: string,
  limits: Limits,
): Role {
  const threshold = readInteger(object.threshold, 1n, `${at}/threshold`);
  const keyIds = readTexts(object.keyids, `${at}/keyids`);
  if (keyIds.length > limits.tufKeysPerRole)
    throw new EngineError("over-limit", `${keyIds.length} keys of one role`, { subject: at });
  if (new Set(keyIds).size < keyIds.length)
    throw new EngineError("malformed", "a key id appears twice in one role", { subject: at });
  const named = keyIds.map((keyId): readonly [string, TufKey] => {
    const key = keys.get(keyId);
    if (key === undefined)
      throw new EngineError("malformed", `the role names a key that is not there: ${keyId.slice(0, 80)}`, {
        subject: at,
      });
    return [keyId, key];
  });
  return { threshold, keys: new Map(named) };
}

/** The keys of a role by their content, not their ids: shows whether they were rotated. */
export const roleFingerprints = ({ keys }: Role): string =>
  [...keys.values()]
    .map(({ keyType, scheme, value, usable }) => usable?.publicKey.fingerprint ?? `${keyType} ${scheme} ${value}`)
    .sort()
    .join("\n");

/**
 * Verifies that enough of the role's keys signed. Public keys are counted, not key ids: one key under two ids is one
 * signer. A signature that does not verify is not counted.
 * @throws EngineError `bad-threshold`
 */
export function verifyThreshold(
  metadata: Metadata<unknown>,
  { threshold, keys }: Role,
  verifier: SignatureVerifier,
  signedBy: string,
): void {
  const signers = new Set<string>();
  for (const [keyId, { usable }] of keys) {
    const signature = metadata.signatures.get(keyId);
    if (signature === undefined || usable === undefined || signers.has(usable.publicKey.fingerprint)) continue;
    if (verifyWithKey(usable, metadata.signedBytes, signature, verifier)) signers.add(usable.publicKey.fingerprint);
    if (BigInt(signers.size) >= threshold) return;
  }
  const unreadable = [...keys.values()].flatMap(({ fault }) => fault ?? []);
  throw new EngineError(
    "bad-threshold",
    `${signers.size} of ${threshold} keys signed, by ${signedBy}${unreadableWords(unreadable, keys.size)}`,
    {
      subject: `${metadata.role} version ${metadata.version}`,
      remedy: BigInt(keys.size - unreadable.length) < threshold ? "tuf-keys" : undefined,
    },
  );
}

/** Keys that sign nothing because nobody here can read them are no missing signatures. */
function unreadableWords([first, ...more]: readonly string[], count: number): string {
  if (first === undefined) return "";
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  return `; ${more.length + 1} of the role's ${count} keys cannot be read: ${first}${others}`;
}
