/** The entry for another file in signed metadata: version, length, digests. Source: TUF 1.0 §4.4 and §4.5. */
import { digest, type HashName } from "../crypto/digest.ts";
import { encodeHex } from "../encoding/hex.ts";
import type { IntegerJson } from "../encoding/json.ts";
import { EngineError } from "../errors.ts";
import { readEntries, readInteger, readObject, readText } from "./metadata-shape.ts";

/** Digests by name of their algorithm, hexadecimal. */
export type Hashes = ReadonlyMap<string, string>;

/** A metadata file within a timestamp or snapshot. Length and digests may be left out. */
export interface ListedMetadata {
  readonly version: bigint;
  readonly length: bigint | undefined;
  readonly hashes: Hashes | undefined;
}

const readHashes = (value: IntegerJson | undefined, at: string): Hashes => readEntries(value, at, readText);

export function readListedMetadata(value: IntegerJson | undefined, at: string): ListedMetadata {
  const object = readObject(value, at);
  return {
    version: readInteger(object.version, 1n, `${at}/version`),
    length: object.length === undefined ? undefined : readInteger(object.length, 0n, `${at}/length`),
    hashes: object.hashes === undefined ? undefined : readHashes(object.hashes, `${at}/hashes`),
  };
}

/** A target within targets metadata. */
export interface TargetFile {
  readonly path: string;
  readonly length: bigint;
  readonly hashes: Hashes;
}

export function readTargetFile(value: IntegerJson, at: string, path: string): TargetFile {
  const object = readObject(value, at);
  const hashes = readHashes(object.hashes, `${at}/hashes`);
  if (hashes.size === 0) throw new EngineError("malformed", "a target without digest", { subject: at });
  return { path, length: readInteger(object.length, 0n, `${at}/length`), hashes };
}

/**
 * Digests that are compared. An algorithm that is not one of these cannot be, and what cannot be compared is refused.
 */
const algorithms: ReadonlySet<string> = new Set<HashName>(["sha256", "sha512"]);

/**
 * Compares bytes with what is stated of them; every stated digest must hold.
 * @throws EngineError `malformed`
 */
export function verifyListed(
  bytes: Uint8Array,
  { length, hashes }: { readonly length: bigint | undefined; readonly hashes: Hashes | undefined },
  subject: string,
): void {
  if (length !== undefined && BigInt(bytes.length) !== length)
    throw new EngineError("malformed", `${bytes.length} bytes where the metadata states ${length}`, { subject });
  for (const [name, stated] of hashes ?? []) {
    if (!algorithms.has(name))
      throw new EngineError("malformed", `a digest of an unknown algorithm: ${JSON.stringify(name.slice(0, 40))}`, {
        subject,
      });
    if (encodeHex(digest(name as HashName, bytes)) !== stated.toLowerCase())
      throw new EngineError("malformed", `the ${name} digest is not the one that the metadata states`, { subject });
  }
}

/** Whether {@link verifyListed} holds. */
export function matchListed(bytes: Uint8Array, listed: Parameters<typeof verifyListed>[1]): boolean {
  try {
    verifyListed(bytes, listed, "");
    return true;
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}
