/**
 * What a mirror knows, row by row in the order of the content id, as the entries of an archive. Every row is compared
 * with its checksum: damage is not carried away. Source: docs/spec/archive.md#entries.
 */
import type { Database, Statement } from "better-sqlite3";
import type { RowEntry } from "../../core/archive/archive-entry.ts";
import { metadataKey } from "../../core/archive/metadata-key.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { QuestionKind } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import { loadRootSource, named, readRowText, type RowText } from "./answer-row.ts";
import { type CheckpointRow, checkCheckpoint } from "./checkpoint-row.ts";
import { type DistrustTableRow, readDistrustEntry } from "./distrust-entry.ts";
import { checkPin, type PinRow } from "./pins.ts";
import { type CompleteRow, readComplete } from "./complete-row.ts";
import { isSqliteError } from "./sqlite.ts";
import { checkBytes } from "./stored-bytes.ts";
import { sqlText } from "./statements.ts";
import { corrupt } from "./store-error.ts";
import { checkMetadataRow, type MetadataTableRow } from "./tuf-metadata.ts";

/** An entry, and the bytes that it names, where they are not in the table of blobs. */
export interface ContentEntry {
  readonly entry: RowEntry;
  readonly bytes?: Uint8Array;
}

/** A longer value is a blob, so that no line is too long for a list. */
const mostInline = 16 * 1024;

/** Kinds of rows in the order of the content id, with those that are questions. */
const order = [
  "blob",
  "checkpoint",
  "cluster",
  "complete",
  "distrust",
  "key",
  "log-entry",
  "manifest",
  "partial",
  "pin",
  "referrers",
  "tag",
  "trusted-root",
  "tuf-metadata",
] as const;

/** Kinds that are about trust alone. */
const ofTrust: ReadonlySet<(typeof order)[number]> = new Set([
  "checkpoint",
  "distrust",
  "pin",
  "trusted-root",
  "tuf-metadata",
]);

/** @throws EngineError `mirror-corrupt` at the first row that is damaged, or whose bytes are missing. */
export function* contentEntries(database: Database, isTrustOnly: boolean, limits: Limits): Iterable<ContentEntry> {
  const rows = new ContentRows(database, limits);
  rows.requireKinds();
  for (const kind of order) if (!isTrustOnly || ofTrust.has(kind)) yield* rows.of(kind);
}

class ContentRows {
  readonly #database: Database;
  readonly #limits: Limits;
  readonly #blobSize: Statement<[string], { readonly size: number }>;

  constructor(database: Database, limits: Limits) {
    this.#database = database;
    this.#limits = limits;
    this.#blobSize = database.prepare(sqlText("find-blob-size"));
  }

  of(kind: (typeof order)[number]): Iterable<ContentEntry> {
    switch (kind) {
      case "checkpoint":
        return this.#checkpoints();
      case "complete":
        return this.#claims();
      case "distrust":
        return this.#distrust();
      case "partial":
        return this.#partial();
      case "pin":
        return this.#pins();
      case "tuf-metadata":
        return this.#metadata();
      case "blob":
      case "manifest":
        return this.#bytes(kind);
      default:
        return this.#answers(kind);
    }
  }

  /** A row whose kind is damaged is in no list of one kind: it would be left behind in silence. */
  requireKinds(): void {
    const row = this.#database.prepare<[], { readonly question: string }>(sqlText("find-answer-of-no-kind")).get();
    if (row !== undefined) throw corrupt(named(row.question), "a row of the mirror was changed since it was written");
  }

  *#rows(kind: string): Iterable<RowText> {
    const texts = this.#database.prepare<[string], string>(sqlText("list-answer-texts")).pluck();
    const rows = texts.iterate(kind);
    try {
      for (let next = this.#next(rows, kind); next.done !== true; next = this.#next(rows, kind))
        yield readRowText(next.value);
    } finally {
      rows.return?.();
    }
  }

  /** SQLite makes no text of a column that has become bytes, and does not say of which row. */
  #next(rows: IterableIterator<string>, kind: string): IteratorResult<string> {
    try {
      return rows.next();
    } catch (error) {
      const row = this.#database
        .prepare<[string], { readonly question: string }>(sqlText("find-answer-without-text"))
        .get(kind);
      if (!isSqliteError(error) || row === undefined) throw error;
      throw corrupt(named(row.question), "a column of this row of the mirror holds bytes in place of text", error);
    }
  }

  *#bytes(kind: "blob" | "manifest"): Iterable<ContentEntry> {
    for (const { question: key, state, digest, at, source: from } of this.#rows(kind))
      if (state === "absent") yield { entry: { at, from, key, kind, state } };
      else yield { entry: { at, digest: digestIn(digest, key), from, key, kind, state: "present" } };
  }

  *#answers(kind: Exclude<QuestionKind, "blob" | "manifest">): Iterable<ContentEntry> {
    for (const row of this.#rows(kind)) {
      const { question: key, state, at, source: from, partial } = row;
      if (state === "absent") {
        yield { entry: { at, from, key, kind, state } };
        continue;
      }
      const text = row.value ?? "";
      const digest = digestIn(row.digest, key);
      // The members in their order, so that the line is written in one step. Almost all rows are these, and to put an
      // entry together of parts takes as long as to write it.
      if (partial === "" && kind !== "trusted-root" && text.length <= mostInline) {
        yield { entry: { at, digest, from, key, kind, state: "present", value: text } };
        continue;
      }
      const { value, bytes } = inlined(text);
      yield {
        entry: {
          at,
          digest,
          from,
          key,
          kind,
          ...(partial === "" ? {} : { partial: true }),
          ...("size" in value ? value : {}),
          state: "present",
          ...(kind === "trusted-root" ? this.#target(row) : {}),
          ...("value" in value ? value : {}),
        },
        ...bytes,
      };
    }
  }

  #target(row: RowText): { readonly target: Digest; readonly targetSize: number } {
    const source = loadRootSource(row, this.#limits);
    const target = source.form === "pinned" ? source.digest : source.target;
    const size = this.#blobSize.get(target)?.size;
    if (size === undefined) throw corrupt(target, "the bytes of this digest are missing from the mirror");
    return { target, targetSize: size };
  }

  *#checkpoints(): Iterable<ContentEntry> {
    for (const row of this.#database.prepare<[], CheckpointRow>(sqlText("list-checkpoints")).iterate()) {
      checkCheckpoint(row);
      const { origin: key, size: treeSize, note, at, source: from } = row;
      const { value, bytes } = inlined(note);
      yield {
        entry: { kind: "checkpoint", key, digest: digestIn(row.digest, key), treeSize, ...value, at, from },
        ...bytes,
      };
    }
  }

  *#claims(): Iterable<ContentEntry> {
    for (const row of this.#database.prepare<[], CompleteRow>(sqlText("list-complete")).iterate()) {
      const { scope: key, at, from } = readComplete(row);
      yield { entry: { kind: "complete", key, at, from } };
    }
  }

  *#distrust(): Iterable<ContentEntry> {
    for (const stored of this.#database.prepare<[], DistrustTableRow>(sqlText("list-distrust")).iterate()) {
      const { digest, row, at, from } = readDistrustEntry(stored);
      const { reason, date } = row;
      yield {
        entry: {
          kind: "distrust",
          key: `${row.kind} ${row.value}`,
          digest,
          ...(reason === undefined ? {} : { reason }),
          ...(date === undefined ? {} : { date }),
          at,
          from,
        },
      };
    }
  }

  *#partial(): Iterable<ContentEntry> {
    const rows = this.#database.prepare<[], { readonly question: string }>(sqlText("list-partial"));
    for (const { question: key } of rows.iterate()) yield { entry: { kind: "partial", key } };
  }

  *#pins(): Iterable<ContentEntry> {
    for (const row of this.#database.prepare<[], PinRow>(sqlText("list-pins")).iterate()) {
      checkPin(row);
      const { name: key, bytes, at, source: from } = row;
      const digest = digestIn(row.digest, key);
      const kind = `pin ${row.kind}`;
      if (kind !== "pin key" && kind !== "pin trusted-root" && kind !== "pin tuf-root")
        throw corrupt(key, "a pin of an unknown kind");
      yield { entry: { kind, key, digest, size: bytes.length, at, from }, bytes };
    }
  }

  *#metadata(): Iterable<ContentEntry> {
    const rows = this.#database.prepare<[], MetadataTableRow & { readonly bytes: Uint8Array }>(
      sqlText("list-metadata-content"),
    );
    for (const row of rows.iterate()) {
      checkMetadataRow(row);
      checkBytes(row.bytes, row.digest);
      const { repository, role, version, bytes } = row;
      const key = metadataKey(repository, role, version);
      const digest = digestIn(row.digest, key);
      yield { entry: { kind: "tuf-metadata", key, repository, role, version, digest, size: bytes.length }, bytes };
    }
  }
}

function digestIn(digest: string | null, key: string): Digest {
  if (digest === null || !isDigest(digest)) throw corrupt(key, "a row of the mirror has no digest");
  return digest;
}

interface Inlined {
  readonly value: { readonly value: string } | { readonly size: number };
  readonly bytes: { readonly bytes?: Uint8Array };
}

function inlined(text: string): Inlined {
  if (text.length <= mostInline) return { value: { value: text }, bytes: {} };
  const bytes = encodeUtf8(text);
  return { value: { size: bytes.length }, bytes: { bytes } };
}
