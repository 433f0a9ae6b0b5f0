/**
 * The signed statement of a snapshot: which file it is, and what it holds. Source: docs/spec/snapshot.md#statement,
 * in-toto attestation Statement v1.
 *
 *     {"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"mirror.db","digest":{"sha256":"91c2…"}}],
 *      "predicateType":"https://sallyport.dev/snapshot/v1",
 *      "predicate":{"format":1,"sequence":12,"size":40960,"schema":10,"contentId":"sha256:77ab…",
 *                   "created":"2026-11-30T06:00:00.000Z"}}
 */
import { type Digest, isDigest } from "../crypto/digest.ts";
import { parseStatement } from "../dsse/statement.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { parseInstant } from "../encoding/instant.ts";
import type { JsonObject } from "../encoding/json.ts";
import { member, pointer, readArray, readInteger, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { corruptArchive, readingArchive } from "./corrupt.ts";
import { readArchiveKey } from "./archive-statement.ts";

const snapshotPredicateType = "https://sallyport.dev/snapshot/v1";
const format = 1;
const fileName = "mirror.db";

export interface SnapshotStatement {
  /** Counts the snapshots of one mirror, from 1; numbers may be left out. */
  readonly sequence: number;
  /** Of the SQLite file. */
  readonly digest: Digest;
  readonly size: number;
  /** How many migrations the file has had. */
  readonly schema: number;
  readonly contentId: Digest;
  /** RFC 3339. */
  readonly created: string;
  /** Public keys, in PEM, that will sign later snapshots too. */
  readonly nextKeys?: readonly string[];
}

/** The payload of the envelope. */
export function encodeSnapshotStatement(statement: SnapshotStatement): Uint8Array {
  const { digest, nextKeys, ...facts } = statement;
  return encodeUtf8(
    encodeCanonicalJson({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: fileName, digest: { sha256: digest.slice("sha256:".length) } }],
      predicateType: snapshotPredicateType,
      predicate: { format, ...facts, ...(nextKeys === undefined ? {} : { nextKeys }) },
    }),
  );
}

const where = "snapshot statement";
const predicateKeys: ReadonlySet<string> = new Set([
  "format",
  "sequence",
  "size",
  "schema",
  "contentId",
  "created",
  "nextKeys",
]);

/**
 * The statement that is an envelope's payload, whose signature was verified.
 * @throws EngineError `archive-corrupt`; `unsupported` for a format of a later program; `over-limit`.
 */
export function parseSnapshotStatement(payload: Uint8Array, limits: Limits): SnapshotStatement {
  if (payload.length > limits.archiveStatementBytes)
    throw new EngineError("over-limit", `a statement of more than ${limits.archiveStatementBytes} bytes`, {
      subject: where,
    });
  return readingArchive(where, () => {
    const { predicateType, predicate, subjects } = parseStatement(payload, { layout: "bundle", limits });
    if (predicateType !== snapshotPredicateType || predicate === null)
      throw corruptArchive(`a statement of type ${JSON.stringify(predicateType.slice(0, 128))}`, where);
    const [subject] = subjects;
    const digest = `sha256:${subject?.digest.sha256}`;
    if (subjects.length !== 1 || subject?.name !== fileName || !isDigest(digest))
      throw corruptArchive(`the subject is not the digest of one ${fileName}`, where);
    return { digest, ...readPredicate(predicate, limits) };
  });
}

function readPredicate(object: JsonObject, limits: Limits): Omit<SnapshotStatement, "digest"> {
  const found = readInteger(object.format, "/format");
  if (found !== format)
    throw new EngineError("unsupported", `a snapshot of format ${found}, this program reads ${format}`, {
      subject: where,
    });
  refuseUnknownKeys(object, predicateKeys, "");
  const count = (key: string): number => {
    const value = readInteger(object[key], pointer("", key));
    if (value < 1) throw new EngineError("malformed", "a number below 1", { subject: pointer("", key) });
    return value;
  };
  const contentId = readString(object.contentId, "/contentId");
  if (!isDigest(contentId)) throw new EngineError("malformed", "not a digest", { subject: "/contentId" });
  const created = readString(object.created, "/created");
  parseInstant(created, "/created");
  const size = count("size");
  if (size > limits.snapshotBytes)
    throw new EngineError("over-limit", `a snapshot of ${size} bytes, at most ${limits.snapshotBytes}`, {
      subject: where,
    });
  const nextKeys = member(object, "nextKeys");
  return {
    sequence: count("sequence"),
    size,
    schema: count("schema"),
    contentId,
    created,
    ...(nextKeys === undefined ? {} : { nextKeys: readKeys(readArray(nextKeys, "/nextKeys"), limits) }),
  };
}

function readKeys(keys: ReturnType<typeof readArray>, limits: Limits): readonly string[] {
  if (keys.length > limits.archiveKeys)
    throw new EngineError("over-limit", `${keys.length} keys, at most ${limits.archiveKeys} are read`, {
      subject: "/nextKeys",
    });
  return keys.map((key, index) => {
    const pem = readString(key, pointer("/nextKeys", index));
    readArchiveKey(pem, limits);
    return pem;
  });
}
