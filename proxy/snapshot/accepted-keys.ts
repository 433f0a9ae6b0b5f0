/**
 * Whose snapshots are accepted: the keys that an operator gave, and those that they vouched for, one after the other.
 * To stop giving a key takes back all that it vouched for. Source: docs/spec/snapshot.md#pull.
 */
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import type { Limits } from "../../core/limits.ts";
import type { AcceptedKey } from "../mirror/current-snapshot.ts";

/** Source: RFC 7468. */
const pemOf = ({ spki }: PublicKey): string =>
  `-----BEGIN PUBLIC KEY-----\n${encodeBase64(spki).replace(/.{1,64}/g, "$&\n")}-----END PUBLIC KEY-----\n`;

/** `given` is empty where nobody gave any: then those count that were accepted here before. */
export function acceptedKeys(
  given: readonly PublicKey[],
  held: readonly AcceptedKey[],
  limits: Limits,
): readonly PublicKey[] {
  const stored = held.map(({ key, by }) => ({ key: readArchiveKey(key, limits), by }));
  if (given.length === 0) return stored.map(({ key }) => key);
  const found = new Map(given.map((key) => [key.fingerprint, key]));
  // Who is vouched for comes after who vouches.
  for (const { key, by } of stored) if (found.has(by)) found.set(key.fingerprint, key);
  return [...found.values()];
}

/**
 * What is remembered of those that were accepted before: all, or where an operator gives keys only what counts beside
 * them. Otherwise a pull without keys would accept again whom the operator took back.
 */
export function rememberedKeys(
  given: readonly PublicKey[],
  held: readonly AcceptedKey[],
  limits: Limits,
): readonly AcceptedKey[] {
  const counts = new Set(acceptedKeys(given, held, limits).map(({ fingerprint }) => fingerprint));
  return held.filter(({ key }) => counts.has(readArchiveKey(key, limits).fingerprint));
}

/** The highest number of what these keys signed. */
export const highestOf = (keys: readonly AcceptedKey[]): number =>
  Math.max(0, ...keys.map(({ sequence }) => sequence ?? 0));

/** What is kept once `key` signed a snapshot that names `next`; the oldest are dropped past the bound. */
export function keptKeys(
  held: readonly AcceptedKey[],
  { key: signer, sequence }: { readonly key: PublicKey; readonly sequence: number },
  next: readonly string[],
  limits: Limits,
): { readonly keys: readonly AcceptedKey[]; readonly added: readonly PublicKey[] } {
  const by = signer.fingerprint;
  const known = new Set(held.map(({ key }) => readArchiveKey(key, limits).fingerprint));
  const fresh = (pem: string): boolean => {
    const { fingerprint } = readArchiveKey(pem, limits);
    return !known.has(fingerprint) && known.add(fingerprint) !== undefined;
  };
  const pem = pemOf(signer);
  const own = fresh(pem) ? [{ key: pem, by }] : [];
  const added = next.filter(fresh);
  return {
    keys: [...held, ...own, ...added.map((key) => ({ key, by }))]
      .map((one) => (readArchiveKey(one.key, limits).fingerprint === by ? { ...one, sequence } : one))
      .slice(-limits.archiveKeys),
    added: added.map((pem) => readArchiveKey(pem, limits)),
  };
}
