/**
 * Entries of an archive: one for each row that the content id is made of, with all that is needed to write the row
 * again, or a tombstone for a row that the base of a delta has and that is gone. Source: docs/spec/archive.md#entries.
 *
 *     {"at":"2026-11-30T04:00:00Z","digest":"sha256:5e1f…","from":"ghcr.io","key":"tag ghcr.io/org/app 1.4",
 *      "kind":"tag","state":"present","value":"{\"digest\":\"sha256:91c2…\",\"mediaType\":\"…\",\"size\":700}"}
 *     {"at":"2026-11-30T04:00:00Z","from":"ghcr.io","key":"tag ghcr.io/org/app sha256-91c2….att","kind":"tag",
 *      "state":"absent"}
 *     {"digest":"sha256:91c2…","gone":true,"key":"manifest ghcr.io/org/app sha256:91c2…","kind":"manifest"}
 */
import { type Digest, digestOf, isDigest } from "../crypto/digest.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { parseInstant } from "../encoding/instant.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { type DistrustKind, distrustKinds, type DistrustRow } from "../knowledge/knowledge.ts";
import { parseQuestion, type QuestionKind } from "../knowledge/question.ts";
import type { Limits } from "../limits.ts";
import { parseScope } from "../oci/completeness.ts";
import { countOf, encodeFlat, encodeText, type FlatObject, onlyMembers, parseFlat, textOf } from "./canonical-line.ts";
import { metadataKey } from "./metadata-key.ts";
import type { ContentRow } from "./order.ts";

/** When and from where something is known; `at` is RFC 3339. */
interface Known {
  readonly at: string;
  readonly from: string;
}

/**
 * A present answer; `key` is the canonical question.
 *
 * Of a manifest or a blob, `digest` is that of its bytes; how many they are is in the list of blobs, and need not be
 * here. Of any other kind, `digest` is that of the value's canonical JSON, which is `value`; a long one is a blob of
 * that digest and of `size` instead. A trusted root also names the bytes that its value refers to: the TUF target, or
 * what was pinned. In a capsule its value has them.
 */
export interface AnswerEntry extends Known {
  readonly kind: QuestionKind;
  readonly key: string;
  readonly state: "present";
  readonly digest: Digest;
  readonly value?: string;
  readonly size?: number;
  readonly target?: Digest;
  readonly targetSize?: number;
  /** A list of referrers that may lack some. */
  readonly partial?: true;
}

export interface AbsenceEntry extends Known {
  readonly kind: QuestionKind;
  readonly key: string;
  readonly state: "absent";
  /** In a capsule: the scope of which everything is held, which is why it is absent. */
  readonly claim?: string;
}

/** The newest checkpoint of a log; `key` is its origin, `value` the note, or a blob of `size` where it is long. */
export interface CheckpointEntry extends Known {
  readonly kind: "checkpoint";
  readonly key: string;
  readonly digest: Digest;
  /** Decimal. */
  readonly treeSize: string;
  readonly value?: string;
  readonly size?: number;
}

/** A claim of completeness; `key` is its scope. */
export interface ClaimEntry extends Known {
  readonly kind: "complete";
  readonly key: string;
}

/** `key` is what is distrusted and its value, with a space between them. Two rows of one key differ in their digest. */
export interface DistrustedEntry extends Known {
  readonly kind: "distrust";
  readonly key: string;
  readonly digest: Digest;
  readonly reason?: string;
  readonly date?: string;
}

/** The list of referrers of this question may lack some. */
export interface PartialEntry {
  readonly kind: "partial";
  readonly key: string;
}

export type PinEntryKind = "pin key" | "pin trusted-root" | "pin tuf-root";

/** A pin; `key` is its name, and its bytes are a blob. */
export interface PinEntry extends Known {
  readonly kind: PinEntryKind;
  readonly key: string;
  readonly digest: Digest;
  readonly size: number;
}

/** TUF metadata, whose bytes are a blob; `key` is {@link metadataKey}. */
export interface MetadataEntry {
  readonly kind: "tuf-metadata";
  readonly key: string;
  readonly repository: string;
  readonly role: string;
  readonly version: number;
  readonly digest: Digest;
  readonly size: number;
}

/** A row that the base has, and that is gone: only in a delta. `digest` is the row's, or the word in its place. */
export interface Tombstone {
  readonly kind: string;
  readonly key: string;
  readonly digest: string;
  readonly gone: true;
}

export type RowEntry =
  | AnswerEntry
  | AbsenceEntry
  | CheckpointEntry
  | ClaimEntry
  | DistrustedEntry
  | PartialEntry
  | PinEntry
  | MetadataEntry;

export type Entry = RowEntry | Tombstone;

export const isTombstone = (entry: Entry): entry is Tombstone => "gone" in entry;

/** A blob that an entry names. */
export interface NamedBlob {
  readonly digest: Digest;
  /** Where the entry says so. */
  readonly size?: number;
}

/** The row of the content id that an entry writes or removes. */
export function contentRow(entry: Entry): ContentRow {
  const { kind, key } = entry;
  if ("digest" in entry) return { kind, key, digest: entry.digest };
  return { kind, key, digest: entry.kind === "complete" || entry.kind === "partial" ? entry.kind : "absent" };
}

/** The blobs that an entry names, at most two. */
export function namedBlobs(entry: Entry): readonly NamedBlob[] {
  if (isTombstone(entry) || !("digest" in entry)) return [];
  if ((entry.kind === "manifest" || entry.kind === "blob") && entry.size === undefined)
    return [{ digest: entry.digest }];
  const named: NamedBlob[] = [];
  if ("size" in entry && entry.size !== undefined) named.push({ digest: entry.digest, size: entry.size });
  if ("target" in entry && entry.target !== undefined && entry.targetSize !== undefined)
    named.push({ digest: entry.target, size: entry.targetSize });
  return named;
}

/** The line of an entry, without its line feed. */
export const encodeEntry = (entry: Entry): string =>
  "state" in entry && entry.state === "present" && hasNoMore(entry)
    ? encodePresent(entry)
    : encodeFlat(entry as unknown as FlatObject);

const hasNoMore = ({ size, target, targetSize, partial }: AnswerEntry): boolean =>
  size === undefined && target === undefined && targetSize === undefined && partial === undefined;

/** Almost every line, in half the time: its members are known, and their order. */
const encodePresent = ({ at, digest, from, key, kind, value }: AnswerEntry): string =>
  `{"at":${encodeText(at)},"digest":"${digest}","from":${encodeText(from)},"key":${encodeText(key)},"kind":"${kind}",` +
  `"state":"present"${value === undefined ? "" : `,"value":${JSON.stringify(value)}`}}`;

const malformed = (message: string): EngineError => new EngineError("malformed", message);

/**
 * The entry of a line. Its parts fit together: the value has the digest, the key is the one spelling.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function parseEntry(line: string, limits: Limits): Entry {
  if (line.length > limits.archiveEntryBytes)
    throw new EngineError("over-limit", `an entry of more than ${limits.archiveEntryBytes} bytes`);
  const object = parseFlat(line);
  const kind = textOf(object, "kind");
  const key = textOf(object, "key");
  if (object.gone !== undefined) return readTombstone(object, kind, key);
  const read = Object.hasOwn(readers, kind) ? readers[kind as RowEntry["kind"]] : undefined;
  if (read === undefined) throw malformed(`unknown kind ${JSON.stringify(kind.slice(0, 64))}`);
  return read(object, key, limits);
}

const words: Readonly<Record<string, string>> = { complete: "complete", partial: "partial" };

function readTombstone(object: FlatObject, kind: string, key: string): Tombstone {
  onlyMembers(object, members.tombstone);
  const digest = textOf(object, "digest");
  if (object.gone !== true || !Object.hasOwn(readers, kind)) throw malformed("not a tombstone");
  const isAbsence = digest === "absent" && isAnswerKind(kind);
  if (words[kind] === undefined ? !isAbsence && !isDigest(digest) : digest !== words[kind])
    throw malformed(`${JSON.stringify(digest.slice(0, 80))} is no digest of a row of this kind`);
  return { kind, key, digest, gone: true };
}

const list = (...names: readonly string[]): ReadonlySet<string> => new Set(["kind", "key", ...names]);
const members = {
  tombstone: list("digest", "gone"),
  absence: list("state", "at", "from", "claim"),
  answer: list("state", "at", "from", "digest", "value", "size", "target", "targetSize", "partial"),
  checkpoint: list("at", "from", "digest", "treeSize", "value", "size"),
  complete: list("at", "from"),
  distrust: list("at", "from", "digest", "reason", "date"),
  partial: list(),
  pin: list("at", "from", "digest", "size"),
  metadata: list("repository", "role", "version", "digest", "size"),
};

type Read = (object: FlatObject, key: string, limits: Limits) => RowEntry;

function readKnown(object: FlatObject): Known {
  const at = textOf(object, "at");
  parseInstant(at, "at");
  return { at, from: textOf(object, "from") };
}

function readDigest(object: FlatObject, key = "digest"): Digest {
  const text = textOf(object, key);
  if (!isDigest(text)) throw malformed(`${key} is not a digest`);
  return text;
}

const optional = (object: FlatObject, key: string): Readonly<Record<string, string>> =>
  object[key] === undefined ? {} : { [key]: textOf(object, key) };

/** The value in the entry, which has its digest, or the size of the blob that is the value. */
function readValue(object: FlatObject, digest: Digest): { readonly value: string } | { readonly size: number } {
  if ((object.value === undefined) === (object.size === undefined)) throw malformed("either value or size");
  if (object.value === undefined) return { size: countOf(object, "size") };
  const value = textOf(object, "value");
  if (digestOf(encodeUtf8(value)) !== digest) throw malformed("the value does not have its digest");
  return { value };
}

function readAnswer(kind: QuestionKind, object: FlatObject, key: string): RowEntry {
  if (parseQuestion(key).kind !== kind) throw malformed("a question of another kind");
  const state = textOf(object, "state");
  if (state === "absent") {
    onlyMembers(object, members.absence);
    return { kind, key, state, ...readKnown(object), ...optional(object, "claim") };
  }
  if (state !== "present") throw malformed("neither present nor absent");
  onlyMembers(object, members.answer);
  const digest = readDigest(object);
  const isBytes = kind === "manifest" || kind === "blob";
  if (isBytes && object.value !== undefined) throw malformed("bytes are no value");
  if (isBytes && !key.endsWith(digest)) throw malformed("bytes that the question does not ask for");
  if (object.target !== undefined && kind !== "trusted-root") throw malformed("only a trusted root has a target");
  if (object.target === undefined && object.targetSize !== undefined) throw malformed("the size of no target");
  if (object.partial !== undefined && (kind !== "referrers" || object.partial !== true))
    throw malformed("only a list of referrers is partial");
  return {
    kind,
    key,
    state,
    digest,
    ...(!isBytes ? readValue(object, digest) : object.size === undefined ? {} : { size: countOf(object, "size") }),
    ...(object.target === undefined
      ? {}
      : { target: readDigest(object, "target"), targetSize: countOf(object, "targetSize") }),
    ...(object.partial === undefined ? {} : { partial: true }),
    ...readKnown(object),
  };
}

const answer =
  (kind: QuestionKind): Read =>
  (object, key) =>
    readAnswer(kind, object, key);

const decimal = /^(?:0|[1-9][0-9]{0,19})$/;

function readCheckpoint(object: FlatObject, key: string): CheckpointEntry {
  onlyMembers(object, members.checkpoint);
  const digest = readDigest(object);
  const treeSize = textOf(object, "treeSize");
  if (!decimal.test(treeSize)) throw malformed("treeSize is not a number");
  return { kind: "checkpoint", key, digest, treeSize, ...readValue(object, digest), ...readKnown(object) };
}

function readClaim(object: FlatObject, key: string, limits: Limits): ClaimEntry {
  onlyMembers(object, members.complete);
  if (scopeOf(key, limits) !== key) throw malformed("a scope that is not in its one spelling");
  return { kind: "complete", key, ...readKnown(object) };
}

function scopeOf(key: string, limits: Limits): string {
  try {
    return parseScope(key, limits);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("malformed", "not a scope", { cause: error });
  }
}

/** The row of the distrust list that an entry holds. */
export function distrustOf({ key, reason, date }: DistrustedEntry): DistrustRow {
  const space = key.indexOf(" ");
  return {
    kind: key.slice(0, space) as DistrustKind,
    value: key.slice(space + 1),
    ...(reason === undefined ? {} : { reason }),
    ...(date === undefined ? {} : { date }),
  };
}

function readDistrust(object: FlatObject, key: string): DistrustedEntry {
  onlyMembers(object, members.distrust);
  const entry: DistrustedEntry = {
    kind: "distrust",
    key,
    digest: readDigest(object),
    ...optional(object, "reason"),
    ...optional(object, "date"),
    ...readKnown(object),
  };
  const row = distrustOf(entry);
  if (!distrustKinds.includes(row.kind)) throw malformed("an unknown kind of distrust");
  if (digestOf(encodeUtf8(encodeCanonicalJson({ ...row }))) !== entry.digest)
    throw malformed("the entry does not have its digest");
  return entry;
}

function readPartial(object: FlatObject, key: string): PartialEntry {
  onlyMembers(object, members.partial);
  if (parseQuestion(key).kind !== "referrers") throw malformed("only a list of referrers is partial");
  return { kind: "partial", key };
}

const pin =
  (kind: PinEntryKind): Read =>
  (object, key) => {
    onlyMembers(object, members.pin);
    return { kind, key, digest: readDigest(object), size: countOf(object, "size"), ...readKnown(object) };
  };

function readMetadata(object: FlatObject, key: string): MetadataEntry {
  onlyMembers(object, members.metadata);
  const [repository, role, version] = [
    textOf(object, "repository"),
    textOf(object, "role"),
    countOf(object, "version"),
  ];
  if (metadataKey(repository, role, version) !== key) throw malformed("not the key of this metadata");
  return {
    kind: "tuf-metadata",
    key,
    repository,
    role,
    version,
    digest: readDigest(object),
    size: countOf(object, "size"),
  };
}

const answers = {
  tag: answer("tag"),
  manifest: answer("manifest"),
  blob: answer("blob"),
  referrers: answer("referrers"),
  "trusted-root": answer("trusted-root"),
  key: answer("key"),
  "log-entry": answer("log-entry"),
  cluster: answer("cluster"),
} satisfies Record<QuestionKind, Read>;

const isAnswerKind = (kind: string): boolean => Object.hasOwn(answers, kind);

const readers: Readonly<Record<RowEntry["kind"], Read>> = {
  ...answers,
  checkpoint: readCheckpoint,
  complete: readClaim,
  distrust: readDistrust,
  partial: readPartial,
  "pin key": pin("pin key"),
  "pin trusted-root": pin("pin trusted-root"),
  "pin tuf-root": pin("pin tuf-root"),
  "tuf-metadata": readMetadata,
};
