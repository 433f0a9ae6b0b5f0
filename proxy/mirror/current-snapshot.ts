/**
 * Which snapshot a folder has: `snapshot.json`, which names an immutable file below `snapshots/`. The file is replaced
 * by a rename, so that at any instant readers see one snapshot whole. It remembers too whose keys are accepted, and the
 * highest sequence that was ever here. Source: docs/spec/snapshot.md#pull.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestOf, isDigest } from "../../core/crypto/digest.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { type JsonObject, type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { readArray, readInteger, readObject, readString, refuseUnknownKeys } from "../../core/encoding/shape.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { replaceFile } from "../synced.ts";
import { corrupt, guardedFiles } from "./store-error.ts";
import { systemCode } from "../system-words.ts";

export interface CurrentSnapshot {
  /** Below `snapshots/`. */
  readonly file: string;
  readonly sequence: number;
  /** Bytes that were signed. */
  readonly size: number;
  readonly contentId: Digest;
  /** RFC 3339: when its publisher made it. */
  readonly created: string;
  /** Digest of the signed statement. */
  readonly statement: Digest;
  /** Digest of the registry's manifest. */
  readonly manifest: Digest;
  /** The fingerprint of the key that signed it. */
  readonly key: string;
  /** Where it came from. */
  readonly from: string;
  /** Whose snapshots are accepted. */
  readonly keys: readonly AcceptedKey[];
}

/** A public key and who vouched for it: the fingerprint of the key that signed its name, or its own. */
export interface AcceptedKey {
  /** PEM. */
  readonly key: string;
  readonly by: string;
  /** The highest number that it signed here; absent where it signed none. It goes when the key goes. */
  readonly sequence?: number;
}

export const snapshotsFolder = "snapshots";
const pointerFile = "snapshot.json";
const members: ReadonlySet<string> = new Set([
  "checksum",
  "contentId",
  "created",
  "file",
  "from",
  "key",
  "keys",
  "manifest",
  "sequence",
  "size",
  "statement",
]);
/** Of a file that names a snapshot; keys are short. */
const mostBytes = 1024 * 1024;

const checksumOf = (facts: JsonObject): string => digestOf(encodeUtf8(encodeCanonicalJson(facts)));

/** @throws EngineError `mirror-corrupt` when the file is damaged. */
export function findCurrentSnapshot(folder: string, limits: Limits): CurrentSnapshot | undefined {
  const path = join(folder, pointerFile);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    // Whatever else is wrong with the folder is said when the mirror itself is looked for.
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw corrupt(path, `it cannot be read (${systemCode(error)})`, error);
  }
  try {
    const { checksum, ...facts } = readObject(parseJson(bytes, { maxBytes: mostBytes, limits }), "");
    refuseUnknownKeys({ checksum: checksum ?? null, ...facts }, members, "");
    if (checksum !== checksumOf(facts)) throw new EngineError("malformed", "it was changed since it was written");
    return readFacts(facts);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw corrupt(path, `what names the snapshot is damaged: ${error.message}`, error);
  }
}

function readFacts(facts: JsonObject): CurrentSnapshot {
  const text = (key: string): string => readString(facts[key], `/${key}`);
  const digest = (key: string): Digest => {
    const value = text(key);
    if (!isDigest(value)) throw new EngineError("malformed", "not a digest", { subject: `/${key}` });
    return value;
  };
  const file = text("file");
  if (!/^[0-9a-z-]{1,128}\.db$/.test(file)) throw new EngineError("malformed", "no name of a snapshot");
  return {
    file,
    sequence: readInteger(facts.sequence, "/sequence"),
    size: readInteger(facts.size, "/size"),
    contentId: digest("contentId"),
    created: text("created"),
    statement: digest("statement"),
    manifest: digest("manifest"),
    key: text("key"),
    from: text("from"),
    keys: readArray(facts.keys, "/keys").map((entry: JsonValue, index) => {
      const { key, by, sequence } = readObject(entry, `/keys/${index}`);
      return {
        key: readString(key, `/keys/${index}/key`),
        by: readString(by, `/keys/${index}/by`),
        ...(sequence === undefined ? {} : { sequence: readInteger(sequence, `/keys/${index}/sequence`) }),
      };
    }),
  };
}

/** From now on readers open this snapshot. When it returns, a power cut does not change that. */
export function writeCurrentSnapshot(folder: string, current: CurrentSnapshot): void {
  const facts: JsonObject = { ...current, keys: current.keys.map((entry) => ({ ...entry })) };
  const path = join(folder, pointerFile);
  const text = `${encodeCanonicalJson({ ...facts, checksum: checksumOf(facts) })}\n`;
  guardedFiles(folder, () => replaceFile(path, text));
}

/** A folder with a snapshot has no writer. @throws EngineError `invalid-usage` */
export function refuseWriting(folder: string, limits: Limits): void {
  if (findCurrentSnapshot(folder, limits) === undefined) return;
  throw new EngineError("invalid-usage", "this mirror is a snapshot of another one, and is only read", {
    subject: folder,
    remedy: "snapshot-source",
  });
}
