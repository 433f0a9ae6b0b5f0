/**
 * The signed statement of an archive: an in-toto statement whose subjects are the lists, and whose predicate says what
 * they are. Source: docs/spec/archive.md#statement, in-toto attestation Statement v1.
 */
import { type Digest, isDigest } from "../crypto/digest.ts";
import { parsePublicKeyPem, type PublicKey } from "../crypto/public-key.ts";
import { parseStatement } from "../dsse/statement.ts";
import { decodeBase64, encodeBase64 } from "../encoding/base64.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { parseInstant } from "../encoding/instant.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import {
  member,
  pointer,
  readArray,
  readInteger,
  readObject,
  readString,
  refuseUnknownKeys,
} from "../encoding/shape.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { corruptArchive, readingArchive } from "./corrupt.ts";
import type { ListReference } from "./list.ts";
import { archiveFormat, type ArchiveKind, archiveKinds, archivePredicateType, type StatementKind } from "./names.ts";

export type { ArchiveKind };
export { archiveKinds };

/** The archive that a delta changes. */
export interface ArchiveBase {
  readonly sequence: number;
  /** Digest of its statement. */
  readonly statement: Digest;
  readonly contentId: Digest;
}

/** A document of the archive beside the lists. */
export interface NamedDocument {
  readonly digest: Digest;
  readonly size: number;
}

/** A file that `--bootstrap` brought. */
export interface BootstrapFile extends NamedDocument {
  readonly name: string;
}

/** That a log's tree of `firstSize` became the one of the checkpoint that the archive has. */
export interface CarriedConsistency {
  readonly origin: string;
  readonly firstSize: bigint;
  readonly secondSize: bigint;
  readonly path: readonly Uint8Array[];
}

export interface ArchiveStatement {
  readonly kind: StatementKind;
  /** Counts the archives of one mirror, from 1. */
  readonly sequence: number;
  /** Digest of the statement before, whatever its kind; absent where the exporter knows of none. */
  readonly previous?: Digest;
  /** Of a delta. */
  readonly base?: ArchiveBase;
  /** Of the mirror that was exported; of a trust archive that of its entries alone. */
  readonly contentId: Digest;
  /** RFC 3339. */
  readonly created: string;
  readonly entryLists: readonly ListReference[];
  readonly blobLists: readonly ListReference[];
  /** What follows the archive's own manifest in `index.json`, for each part. */
  readonly index: readonly NamedDocument[];
  /** Entries without tombstones, tombstones, blobs and their bytes, over all lists and parts. */
  readonly totals: ArchiveTotals;
  /** Blobs in each part, in the order of the lists; absent where the archive is one file. */
  readonly parts?: readonly number[];
  /** Public keys, in PEM, that will sign later archives too. */
  readonly nextKeys?: readonly string[];
  readonly coverage?: NamedDocument;
  /** Of a capsule: its policies and settings. */
  readonly capsule?: NamedDocument;
  readonly consistency?: readonly CarriedConsistency[];
  readonly bootstrap?: readonly BootstrapFile[];
}

/** Of what is imported into a mirror. */
export type MirrorStatement = ArchiveStatement & { readonly kind: ArchiveKind };

export const isOfMirror = (statement: ArchiveStatement): statement is MirrorStatement => statement.kind !== "capsule";

export interface ArchiveTotals {
  readonly entries: number;
  readonly tombstones: number;
  readonly blobs: number;
  readonly bytes: number;
}

const hexOf = (digest: Digest): string => digest.slice("sha256:".length);
const plain = (reference: ListReference): JsonObject => ({ ...reference });

/** The payload of the envelope. */
export function encodeArchiveStatement(statement: ArchiveStatement): Uint8Array {
  const { kind, sequence, previous, base, contentId, created, entryLists, blobLists, totals } = statement;
  const { index, parts, nextKeys, coverage, capsule, consistency, bootstrap } = statement;
  const predicate: JsonObject = {
    format: archiveFormat,
    kind,
    sequence,
    contentId,
    created,
    entryLists: entryLists.map(plain),
    blobLists: blobLists.map(plain),
    index: index.map((piece) => ({ ...piece })),
    totals: { ...totals },
    ...(previous === undefined ? {} : { previous }),
    ...(base === undefined ? {} : { base: { ...base } }),
    ...(parts === undefined ? {} : { parts }),
    ...(nextKeys === undefined ? {} : { nextKeys }),
    ...(coverage === undefined ? {} : { coverage: { ...coverage } }),
    ...(capsule === undefined ? {} : { capsule: { ...capsule } }),
    ...(consistency === undefined ? {} : { consistency: consistency.map(encodeConsistency) }),
    ...(bootstrap === undefined ? {} : { bootstrap: bootstrap.map((file) => ({ ...file })) }),
  };
  return encodeUtf8(
    encodeCanonicalJson({
      _type: "https://in-toto.io/Statement/v1",
      subject: subjectsOf(statement).map(({ name, digest }) => ({ name, digest: { sha256: hexOf(digest) } })),
      predicateType: archivePredicateType,
      predicate,
    }),
  );
}

const encodeConsistency = ({ origin, firstSize, secondSize, path }: CarriedConsistency): JsonObject => ({
  origin,
  firstSize: firstSize.toString(),
  secondSize: secondSize.toString(),
  path: path.map(encodeBase64),
});

type Named = { readonly name: string; readonly digest: Digest };

const subjectsOf = ({
  entryLists,
  blobLists,
}: Pick<ArchiveStatement, "entryLists" | "blobLists">): readonly Named[] => [
  ...entryLists.map(({ digest }, index) => ({ name: `entries-${index + 1}`, digest })),
  ...blobLists.map(({ digest }, index) => ({ name: `blobs-${index + 1}`, digest })),
];

const where = "archive statement";

/**
 * The statement that is an envelope's payload, whose signature was verified. Its numbers agree with each other.
 * @throws EngineError `archive-corrupt`; `unsupported` for a format of a later program; `over-limit`.
 */
export function parseArchiveStatement(payload: Uint8Array, limits: Limits): ArchiveStatement {
  if (payload.length > limits.archiveStatementBytes)
    throw new EngineError("over-limit", `a statement of more than ${limits.archiveStatementBytes} bytes`, {
      subject: where,
    });
  return readingArchive(where, () => {
    const { predicateType, predicate, subjects } = parseStatement(payload, {
      layout: "bundle",
      limits: { ...limits, statementSubjects: limits.archiveLists },
    });
    if (predicateType !== archivePredicateType || predicate === null)
      throw corruptArchive(`a statement of type ${JSON.stringify(predicateType.slice(0, 128))}`, where);
    const statement = readPredicate(predicate, limits);
    const named = subjectsOf(statement);
    const same = ({ name, digest }: Named, index: number): boolean => {
      const subject = subjects[index];
      return subject?.name === name && subject.digest.sha256 === hexOf(digest);
    };
    if (named.length !== subjects.length || !named.every(same))
      throw corruptArchive("the subjects are not the lists", where);
    return statement;
  });
}

const predicateKeys: ReadonlySet<string> = new Set([
  "format",
  "kind",
  "sequence",
  "previous",
  "base",
  "contentId",
  "created",
  "entryLists",
  "blobLists",
  "index",
  "totals",
  "parts",
  "nextKeys",
  "coverage",
  "capsule",
  "consistency",
  "bootstrap",
]);

function readPredicate(object: JsonObject, limits: Limits): ArchiveStatement {
  const format = readInteger(object.format, "/format");
  if (format !== archiveFormat)
    throw new EngineError("unsupported", `an archive of format ${format}, this program reads ${archiveFormat}`, {
      subject: where,
    });
  refuseUnknownKeys(object, predicateKeys, "");
  const kind = readString(object.kind, "/kind");
  if (!isKind(kind)) throw corruptArchive(`${JSON.stringify(kind.slice(0, 64))} is no kind of archive`, where);
  const statement: ArchiveStatement = {
    kind,
    sequence: readCount(object.sequence, "/sequence"),
    contentId: readDigest(object.contentId, "/contentId"),
    created: readTime(object.created, "/created"),
    entryLists: readLists(object.entryLists, "/entryLists", limits),
    blobLists: readLists(object.blobLists, "/blobLists", limits),
    index: bounded(object.index, "/index", limits.archiveParts).map((piece, at) => readIndex(piece, at, limits)),
    totals: readTotals(readObject(object.totals, "/totals")),
    ...optional(object, "previous", readDigest),
    ...optional(object, "base", readBase),
    ...optional(object, "parts", (value, at) => readParts(value, at, limits)),
    ...optional(object, "nextKeys", (value, at) => readKeys(value, at, limits)),
    ...optional(object, "coverage", readDocument),
    ...optional(object, "capsule", readDocument),
    ...optional(object, "consistency", (value, at) => readConsistency(value, at, limits)),
    ...optional(object, "bootstrap", (value, at) => readBootstrap(value, at, limits)),
  };
  checkNumbers(statement, limits);
  return statement;
}

const isKind = (text: string): text is StatementKind =>
  text === "capsule" || (archiveKinds as readonly string[]).includes(text);

function optional<K extends string, T>(
  object: JsonObject,
  key: K,
  read: (value: JsonValue, at: string) => T,
): { readonly [Key in K]?: T } {
  const value = member(object, key);
  return (value === undefined ? {} : { [key]: read(value, pointer("", key)) }) as { readonly [Key in K]?: T };
}

function readCount(value: JsonValue | undefined, at: string): number {
  const count = readInteger(value, at);
  if (count < 0) throw new EngineError("malformed", "a number below 0", { subject: at });
  return count;
}

function readDigest(value: JsonValue | undefined, at: string): Digest {
  const text = readString(value, at);
  if (!isDigest(text)) throw new EngineError("malformed", "not a digest", { subject: at });
  return text;
}

function readTime(value: JsonValue | undefined, at: string): string {
  const text = readString(value, at);
  parseInstant(text, at);
  return text;
}

/** An object with exactly these members. */
function readExactly(value: JsonValue | undefined, at: string, ...keys: readonly string[]): JsonObject {
  const object = readObject(value, at);
  refuseUnknownKeys(object, new Set(keys), at);
  return object;
}

function bounded(value: JsonValue | undefined, at: string, most: number): readonly JsonValue[] {
  const list = readArray(value, at);
  if (list.length > most)
    throw new EngineError("over-limit", `${list.length} in a list, at most ${most} are read`, { subject: at });
  return list;
}

function readLists(value: JsonValue | undefined, at: string, limits: Limits): readonly ListReference[] {
  return bounded(value, at, limits.archiveLists).map((entry, index) => {
    const here = pointer(at, index);
    const object = readExactly(entry, here, "digest", "size", "lines");
    const reference = {
      digest: readDigest(object.digest, pointer(here, "digest")),
      size: readCount(object.size, pointer(here, "size")),
      lines: readCount(object.lines, pointer(here, "lines")),
    };
    if (reference.size > limits.archiveListBytes)
      throw new EngineError("over-limit", `a list of more than ${limits.archiveListBytes} bytes`, { subject: here });
    return reference;
  });
}

function readTotals(value: JsonObject): ArchiveTotals {
  const object = readExactly(value, "/totals", "entries", "tombstones", "blobs", "bytes");
  const count = (key: string) => readCount(object[key], pointer("/totals", key));
  return { entries: count("entries"), tombstones: count("tombstones"), blobs: count("blobs"), bytes: count("bytes") };
}

function readBase(value: JsonValue, at: string): ArchiveBase {
  const object = readExactly(value, at, "sequence", "statement", "contentId");
  return {
    sequence: readCount(object.sequence, pointer(at, "sequence")),
    statement: readDigest(object.statement, pointer(at, "statement")),
    contentId: readDigest(object.contentId, pointer(at, "contentId")),
  };
}

const readParts = (value: JsonValue, at: string, limits: Limits): readonly number[] =>
  bounded(value, at, limits.archiveParts).map((entry, index) => readCount(entry, pointer(at, index)));

/** A key that will sign archives: ECDSA P-256, as the one that signs this. */
export function readArchiveKey(pem: string, limits: Limits): PublicKey {
  const key = parsePublicKeyPem(pem, limits);
  if (key.type !== "ecdsa" || key.curve !== "P-256")
    throw new EngineError("malformed", "the key of an archive is one of ECDSA P-256", { subject: "public key" });
  return key;
}

const readKeys = (value: JsonValue, at: string, limits: Limits): readonly string[] =>
  bounded(value, at, limits.archiveKeys).map((entry, index) => {
    const pem = readString(entry, pointer(at, index));
    readArchiveKey(pem, limits);
    return pem;
  });

function readDocument(value: JsonValue, at: string): NamedDocument {
  const object = readExactly(value, at, "digest", "size");
  return {
    digest: readDigest(object.digest, pointer(at, "digest")),
    size: readCount(object.size, pointer(at, "size")),
  };
}

function readIndex(value: JsonValue, index: number, limits: Limits): NamedDocument {
  const at = pointer("/index", index);
  const piece = readDocument(value, at);
  if (piece.size > limits.layoutIndexBytes)
    throw new EngineError(
      "over-limit",
      `an index of ${piece.size} bytes, at most ${limits.layoutIndexBytes} are read`,
      {
        subject: at,
      },
    );
  return piece;
}

/** Whether a file of this name can be written anywhere, and is where it says. */
export const isPlainName = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,254}$/.test(name);

function readBootstrap(value: JsonValue, at: string, limits: Limits): readonly BootstrapFile[] {
  return bounded(value, at, limits.archiveBootstrapFiles).map((entry, index) => {
    const here = pointer(at, index);
    const object = readExactly(entry, here, "name", "digest", "size");
    const name = readString(object.name, pointer(here, "name"));
    if (!isPlainName(name))
      throw new EngineError("malformed", "not a plain name of a file", { subject: pointer(here, "name") });
    return {
      name,
      digest: readDigest(object.digest, pointer(here, "digest")),
      size: readCount(object.size, pointer(here, "size")),
    };
  });
}

const decimal = /^(?:0|[1-9][0-9]{0,18})$/;

function readSize(value: JsonValue | undefined, at: string): bigint {
  const text = readString(value, at);
  if (!decimal.test(text)) throw new EngineError("malformed", "not the size of a tree", { subject: at });
  return BigInt(text);
}

function readConsistency(value: JsonValue, at: string, limits: Limits): readonly CarriedConsistency[] {
  return bounded(value, at, limits.logEntries).map((entry, index) => {
    const here = pointer(at, index);
    const object = readExactly(entry, here, "origin", "firstSize", "secondSize", "path");
    const path = bounded(object.path, pointer(here, "path"), 128);
    return {
      origin: readString(object.origin, pointer(here, "origin")),
      firstSize: readSize(object.firstSize, pointer(here, "firstSize")),
      secondSize: readSize(object.secondSize, pointer(here, "secondSize")),
      path: path.map((hash, step) => decodeBase64(readString(hash, pointer(pointer(here, "path"), step)))),
    };
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** What the statement says of itself holds together; what it says of the lists is seen when they are read. */
function checkNumbers(statement: ArchiveStatement, limits: Limits): void {
  const { kind, sequence, base, capsule, entryLists, blobLists, index, totals, parts } = statement;
  const wrong = (why: string) => corruptArchive(why, where);
  if (sequence < 1) throw wrong("a sequence number below 1");
  if (kind !== "capsule" && (base !== undefined) !== (kind === "delta"))
    throw wrong("a delta has a base, and nothing else has one");
  if ((capsule !== undefined) !== (kind === "capsule"))
    throw wrong("a capsule has policies, and nothing else has them");
  if (base !== undefined && (base.sequence < 1 || base.sequence >= sequence))
    throw wrong("the base of a delta comes before it");
  if (entryLists.length + blobLists.length > limits.archiveLists)
    throw new EngineError("over-limit", `more than ${limits.archiveLists} lists`, { subject: where });
  if (totals.entries + totals.tombstones !== sum(entryLists.map(({ lines }) => lines)))
    throw wrong("the lists do not have as many entries as the statement says");
  if (totals.blobs !== sum(blobLists.map(({ lines }) => lines)))
    throw wrong("the lists do not have as many blobs as the statement says");
  if (totals.tombstones > 0 && kind !== "delta") throw wrong("only a delta has tombstones");
  if (totals.bytes > limits.archiveBytes)
    throw new EngineError("over-limit", `an archive of ${totals.bytes} bytes, at most ${limits.archiveBytes}`, {
      subject: where,
    });
  if (index.length !== (parts?.length ?? 1)) throw wrong("each part has an index");
  if (kind === "capsule" && parts !== undefined) throw wrong("a capsule is one file");
  if (parts !== undefined && (parts.length < 2 || sum(parts) !== totals.blobs))
    throw wrong("the numbers of blobs in the parts do not make their total");
}
