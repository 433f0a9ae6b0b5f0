/**
 * Rows of an archive in a mirror, inside the caller's transaction: entries are written as they come, those whose value
 * is a blob when it is there, and rows that an earlier archive brought and that are gone are taken away last. What this
 * side added by itself stays. Source: docs/spec/archive.md#entries, docs/spec/offline.md#crossing-the-gap.
 */
import type { Database, Statement } from "better-sqlite3";
import {
  type CheckpointEntry,
  contentRow,
  distrustOf,
  encodeEntry,
  type Entry,
  isTombstone,
  type MetadataEntry,
  namedBlobs,
  parseEntry,
  type PinEntryKind,
  type RowEntry,
} from "../../core/archive/archive-entry.ts";
import { corruptArchive, readingArchive } from "../../core/archive/corrupt.ts";
import type { ContentRow } from "../../core/archive/order.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { parseJson } from "../../core/encoding/json.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Answer, DefiniteAnswer, TrustedRootSource } from "../../core/knowledge/answer.ts";
import { readAnswerValue } from "../../core/knowledge/answer-json.ts";
import { contradicts } from "../../core/knowledge/completeness-claim.ts";
import { parseQuestion, type Question, type QuestionKind, questionText } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import { beside } from "../archive/keeping-added.ts";
import {
  answerColumns,
  type AnswerRow,
  checkRow,
  loadRootSource,
  type StoredValue,
  storeValue,
  toRow,
} from "../mirror/answer-row.ts";
import type { MirrorKnowledge } from "../mirror/mirror-knowledge.ts";
import type { MirrorWriter, Pin } from "../mirror/mirror-writer.ts";
import { provideRowChecksum, rowChecksum } from "../mirror/row-checksum.ts";
import { type StatementName, sqlText } from "../mirror/statements.ts";
import { guarded } from "../mirror/store-error.ts";
import { type AcceptedPins, type InitialRoots, TrustGate } from "../mirror/trust-gate.ts";
import { isTarget, type MetadataRow, storeMetadata, storeTarget } from "../mirror/tuf-metadata.ts";
import type { CheckpointGate } from "./checkpoint-gate.ts";

export interface RowCounts {
  written: number;
  removed: number;
  /** Claims of this side that ended, and checkpoints and entries of its own that stayed. */
  ended: string[];
}

export interface RowOptions extends InitialRoots {
  readonly kind: "full" | "delta" | "trust";
  readonly folder: string;
  readonly limits: Limits;
  readonly acceptPins: AcceptedPins;
  readonly checkpoints: CheckpointGate;
  /** The last archive comes again, to put back what is damaged or gone: what is newer here than it stays. */
  readonly mends?: NotLost | undefined;
}

/** What of the last archive is gone, and is not put back. */
export interface NotLost {
  /** Scopes of its claims that ended because of what came since. */
  readonly endedClaims: ReadonlySet<string>;
}

/** What entries say of a blob; `size` is null where they say none, and -1 where they do not agree. */
interface Arriving {
  readonly digest: Digest;
  readonly size: number | null;
  readonly keep: number;
}

type RowAnswer = Extract<RowEntry, { readonly state: string }>;

const isPin = ({ kind }: ContentRow): boolean => kind.startsWith("pin ");

export class ImportedRows {
  readonly counts: RowCounts = { written: 0, removed: 0, ended: [] };
  readonly #database: Database;
  readonly #writer: MirrorWriter;
  readonly #knowledge: MirrorKnowledge;
  readonly #options: RowOptions;
  readonly #trust: 0 | 1;
  readonly #gate: TrustGate;
  readonly #prepared = new Map<StatementName, Statement<unknown[]>>();
  readonly #columns: unknown[] = [];
  #hasLocal = false;
  /** Scopes of the claims that this side made, also where archives make them too. */
  readonly #localClaims = new Set<string>();
  /** Digests of the trusted roots that were here before, by their questions. */
  #trusted: ReadonlyMap<string, string | null> = new Map();
  #arriving: readonly Arriving[] = [];
  #nextArriving = 0;

  constructor(writer: MirrorWriter, knowledge: MirrorKnowledge, options: RowOptions) {
    this.#database = writer.database;
    this.#writer = writer;
    this.#knowledge = knowledge;
    this.#options = options;
    this.#trust = options.kind === "trust" ? 1 : 0;
    this.#gate = new TrustGate({
      ...options,
      what: "archive",
      pin: (kind, name) => this.#get<{ readonly digest: string }>("find-pin", kind, name)?.digest,
      root: (name) => this.#trusted.get(questionText({ kind: "trusted-root", name })),
    });
  }

  #statement(name: StatementName): Statement<unknown[]> {
    const prepared = this.#prepared.get(name) ?? this.#database.prepare(sqlText(name));
    this.#prepared.set(name, prepared);
    return prepared;
  }

  #run(name: StatementName, ...values: readonly unknown[]): number {
    return guarded(this.#options.folder, () => this.#statement(name).run(...values).changes);
  }

  #get<T>(name: StatementName, ...values: readonly unknown[]): T | undefined {
    return guarded(this.#options.folder, () => this.#statement(name).get(...values)) as T | undefined;
  }

  #all<T>(name: StatementName, ...values: readonly unknown[]): readonly T[] {
    return guarded(this.#options.folder, () => this.#statement(name).all(...values)) as readonly T[];
  }

  /** Remembers what is of this side, and what came by archive and may leave. */
  begin(): void {
    const { kind, folder } = this.#options;
    guarded(folder, () => provideRowChecksum(this.#database).exec(sqlText("make-arrivals")));
    this.#run("forget-ended-claims");
    this.#hasLocal = this.#run("note-local-answers") > 0;
    this.#run("note-local-rows");
    for (const { scope } of this.#all<{ readonly scope: string }>("list-local-claims")) this.#localClaims.add(scope);
    this.#trusted = new Map(
      this.#all<AnswerRow>("list-root-answers").map(({ question, digest }) => [question, digest] as const),
    );
    // What trust alone brought leaves with the next archive of any kind, unless that has it.
    const from = kind === "full" ? 0 : 1;
    this.#run("leave-imported", from);
    this.#run("clear-imported", from);
    // What was taken away comes again with a later archive that still has it, but for pins.
    if (kind === "full" && this.#options.mends === undefined) this.#run("clear-taken");
  }

  /** One entry, in the order of the archive. */
  add(entry: Entry, where: string): void {
    const row = contentRow(entry);
    const isTaken = this.#isTaken(row);
    if (isTombstone(entry)) {
      if (this.#run("delete-imported", row.kind, row.key, row.digest) === 0)
        throw corruptArchive(`a tombstone of a row that the base does not have: ${row.kind} ${row.key}`, where);
      if (row.kind === "partial") this.#setPartial(row.key, false);
      this.#run("put-leaving", row.kind, row.key, row.digest);
      return;
    }
    if (row.kind !== "distrust" && this.#options.kind === "delta") this.#run("replace-imported", row.kind, row.key, 0);
    const isAgain = isPin(row) ? !isTaken : row.kind !== "distrust" && this.#options.kind !== "full";
    if (isAgain) this.#run("forget-taken", row.kind, row.key);
    this.#run("put-imported", row.kind, row.key, row.digest, this.#trust);
    this.counts.written += 1;
    for (const { digest, size } of namedBlobs(entry))
      this.#run("put-arriving", digest, size ?? null, !isTaken && this.#isKept(entry, digest) ? 1 : 0);
    if (isTaken) return;
    if (namedBlobs(entry).some(({ digest }) => !this.#isKept(entry, digest)))
      this.#run("put-waiting", row.digest, encodeEntry(entry));
    else this.#write(entry, undefined);
  }

  /**
   * Whether an operator took it away, and it does not come with this archive: what an archive brings that comes again,
   * and a pin whatever brings it, since who is trusted does not change unasked.
   */
  #isTaken(row: ContentRow): boolean {
    const { mends, acceptPins } = this.#options;
    const { kind, key, digest } = row;
    if (!isPin(row)) return mends !== undefined && this.#get("has-taken", kind, key, digest) !== undefined;
    const isAccepted = typeof acceptPins === "boolean" ? acceptPins : acceptPins.includes(digest);
    return !isAccepted && this.#get("has-taken-name", kind, key) !== undefined;
  }

  /** Bytes of manifests, blobs and targets are kept under their digest; others belong into the row itself. */
  #isKept(entry: RowEntry, digest: Digest): boolean {
    if (!("state" in entry) || entry.state !== "present") return false;
    return entry.kind === "manifest" || entry.kind === "blob" || entry.target === digest;
  }

  /** After the last entry. Names are sorted all at once: to look up the place of each takes longer. */
  endEntries(): void {
    this.#run("sort-arriving");
  }

  /** Blobs come in the order of their digests, as the names do: these are read some at a time. */
  #findArriving(digest: Digest): Arriving | undefined {
    let next = this.#arriving[this.#nextArriving];
    while (next !== undefined && next.digest < digest) next = this.#arriving[++this.#nextArriving];
    if (next === undefined) {
      this.#arriving = this.#all<Arriving>("list-arriving", digest);
      this.#nextArriving = 0;
      [next] = this.#arriving;
    }
    return next?.digest === digest ? next : undefined;
  }

  /** A blob that entries name, after {@link endEntries}, in the order of their digests. */
  blob(digest: Digest, size: number, bytes: Uint8Array, where: string): void {
    const named = this.#findArriving(digest);
    if (named === undefined) throw corruptArchive(`a blob that no entry names: ${digest}`, where);
    if (named.size !== null && named.size !== size)
      throw corruptArchive(`an entry says another size of ${digest} than its ${size} bytes`, where);
    if (named.keep === 1) this.#run("put-blob", digest, bytes);
    else this.#run("put-arrived-bytes", digest, bytes);
  }

  /**
   * Writes what waited for its bytes, takes away what left, and looks whether all is here.
   * @throws EngineError `archive-incomplete`, `archive-corrupt`, and as the gates of pins and checkpoints.
   */
  finish(where: string): void {
    const lacking = this.#all<{ readonly digest: string }>("list-lacking").map(({ digest }) => digest);
    if (lacking.length > 0) throw incomplete(lacking.join(", "), where);
    for (let last = 0; ; ) {
      const rows = this.#all<{ id: number; digest: string; line: string }>("list-waiting", last);
      for (const { line, digest } of rows) {
        const entry = parseEntry(line, { ...this.#options.limits, archiveEntryBytes: Number.MAX_SAFE_INTEGER });
        const found = this.#get<{ readonly bytes: Uint8Array }>("find-arrived-bytes", { digest });
        if (found === undefined) throw incomplete(digest, where);
        if (digestOf(found.bytes) !== digest)
          throw corruptArchive("bytes that are here do not have their digest", digest);
        this.#write(entry as RowEntry, new Uint8Array(found.bytes));
      }
      const [end] = rows.slice(-1);
      if (end === undefined) break;
      last = end.id;
    }
    this.#nameArrived();
    this.#run("note-own-rows");
    this.#run("forget-brought-taken");
    this.#leave();
    this.#claim();
    const wrong = this.#get<{ readonly count: number }>("count-wrong-partials")?.count ?? 0;
    if (wrong > 0) throw corruptArchive(`${wrong} lists that are partial in one entry and not in the other`, where);
  }

  /** So that what names a digest is found in one look, as of what this side stored itself. */
  #nameArrived(): void {
    // A full archive has nearly all that is here: to note each as it comes takes longer.
    if (this.#options.kind === "full") this.#run("note-manifests");
    this.#run("name-arrived");
  }

  #leave(): void {
    this.#run("stay-imported");
    for (const { kind, key, digest } of this.#all<{ kind: string; key: string; digest: string }>("list-leaving-roots"))
      this.#gate.leaves(`the ${kind} ${key}`, key, digest);
    for (const name of ["leave-answers", "leave-claims", "leave-pins", "leave-metadata"] as const)
      this.counts.removed += this.#run(name);
    const roots = this.#all<AnswerRow>("list-root-answers").map((row) => loadRootSource(row, this.#options.limits));
    const targets = roots.map((source) => (source.form === "pinned" ? source.digest : source.target));
    this.#run("leave-blobs", JSON.stringify(targets));
  }

  #claim(): void {
    for (let last = ""; ; ) {
      const rows = this.#all<{ scope: string; at: string; source: string }>("list-arriving-claims", last);
      // What this side claimed in vain, the archive claims by itself.
      this.counts.ended = this.counts.ended.filter((ended) => rows.every(({ scope }) => scope !== ended));
      // A claim of this side's own stays as of when it was made here.
      for (const { scope, at, source } of rows)
        if (!this.#localClaims.has(scope) && this.#options.mends?.endedClaims.has(scope) !== true)
          this.#run("put-complete", scope, at, source, rowChecksum(scope, at, source));
      const [end] = rows.slice(-1);
      if (end === undefined) return;
      last = end.scope;
    }
  }

  /** `bytes` are those of a blob that is the row's value. */
  #write(entry: RowEntry, bytes: Uint8Array | undefined): void {
    const { kind, key } = entry;
    if ("state" in entry) {
      this.#writeAnswer(entry, bytes);
      return;
    }
    switch (kind) {
      case "checkpoint":
        this.#writeCheckpoint(entry, bytes);
        return;
      case "complete":
        this.#run("put-arriving-claim", key, entry.at, entry.from);
        return;
      case "distrust":
        this.#writer.addDistrust(distrustOf(entry), entry);
        return;
      case "partial":
        // Here it may be of a newer list, and the archive's list comes with its own.
        if (this.#options.mends === undefined) this.#setPartial(key, true);
        return;
      case "tuf-metadata":
        this.#writeMetadata(entry, bytes ?? new Uint8Array());
        return;
      case "pin key":
      case "pin trusted-root":
      case "pin tuf-root":
        this.#writePin({ ...entry, kind }, bytes ?? new Uint8Array());
    }
  }

  #writeMetadata(entry: MetadataEntry, bytes: Uint8Array): void {
    const put = (...row: MetadataRow): void => void this.#run("put-tuf-metadata", ...row);
    if (isTarget(entry)) storeTarget(put, entry.repository, entry.role, bytes);
    else storeMetadata(put, entry.repository, entry.role, bytes, this.#options.limits);
  }

  #writePin(
    { kind, key, at, from }: { kind: PinEntryKind; key: string; at: string; from: string },
    bytes: Uint8Array,
  ): void {
    const pinned = kind.slice("pin ".length) as Pin["kind"];
    const digest = digestOf(bytes);
    this.#gate.pin(pinned, key, digest);
    // One that an operator of this side gave stays theirs.
    if (this.#get("is-local-row", kind, key, digest) !== undefined) return;
    this.#writer.importPin({ kind: pinned, name: key, bytes }, { at, from });
  }

  #writeCheckpoint(entry: CheckpointEntry, bytes: Uint8Array | undefined): void {
    const note = entry.value ?? decodeUtf8(bytes ?? new Uint8Array());
    if (this.#options.checkpoints.isNews(entry.key, note, entry.treeSize))
      this.#writer.setCheckpoint({ origin: entry.key, size: BigInt(entry.treeSize), note }, entry);
  }

  #setPartial(key: string, partial: boolean): void {
    const row = this.#get<AnswerRow>("find-answer", "referrers", key);
    // Its entry comes later.
    if (row === undefined || row.state !== "present") return;
    const answer = { state: "present", value: undefined, at: row.at, from: row.source } as const;
    const stored = { digest: row.digest as Digest, value: row.value };
    const changed = toRow(parseQuestion(key), partial ? { ...answer, partial } : answer, stored, key);
    this.#run("put-answer", ...answerColumns(changed));
  }

  #writeAnswer(entry: RowAnswer, bytes: Uint8Array | undefined): void {
    const question = parseQuestion(entry.key);
    const { at, from } = entry;
    if (this.#options.mends !== undefined && this.#isNewerHere(entry)) return;
    if (entry.state === "absent") {
      const answer: Answer = { state: "absent", at, from };
      if (this.#kept(question, entry.key, answer) === answer) this.#put(question, entry.key, answer, undefined);
      return;
    }
    const text = bytes === undefined ? entry.value : decodeUtf8(bytes);
    const value = this.#readValue(entry.kind, entry.key, text);
    if (question.kind === "trusted-root")
      this.#gate.root(question.name, (value as TrustedRootSource).form, entry.digest);
    const known = { state: "present", value, at, from } as const;
    const answer = entry.partial === true ? ({ ...known, partial: true } as const) : known;
    if (this.#localClaims.size > 0) this.#endLocalClaims(question, answer);
    const kept = this.#kept(question, entry.key, answer);
    if (question.kind === "manifest" && this.#options.kind !== "full")
      this.#run("put-arrived-manifest", question.repository, question.digest);
    if (kept === answer) this.#put(question, entry.key, answer, { digest: entry.digest, value: text ?? null });
    else if (kept.state === "present" && question.kind === "referrers")
      this.#put(question, entry.key, kept, storeValue("referrers", kept.value as never));
  }

  /** Whether this side was told something since, which is not damaged. */
  #isNewerHere({ kind, key, at, ...entry }: RowAnswer): boolean {
    const row = this.#get<AnswerRow>("find-answer", kind, key);
    if (row === undefined || !(Date.parse(row.at) > Date.parse(at)) || !isReadable(row)) return false;
    const isPartial = entry.state === "present" && entry.partial === true;
    return row.digest !== (entry.state === "present" ? entry.digest : null) || (row.partial !== 0) === isPartial;
  }

  #put(question: Question, key: string, answer: DefiniteAnswer, stored: StoredValue | undefined) {
    const columns = answerColumns(toRow(question, answer, stored, key), this.#columns);
    guarded(this.#options.folder, () => this.#statement("put-answer").run(columns));
  }

  /** What cannot be read again is not written. The digest of bytes is checked when they come. */
  #readValue(kind: QuestionKind, key: string, text: string | undefined): unknown {
    if (text === undefined) return new Uint8Array();
    const { limits } = this.#options;
    return readingArchive(key, () => {
      const parsed = parseJson(text, { limits });
      if (encodeCanonicalJson(parsed) !== text) throw new EngineError("malformed", "a value that is not canonical");
      return kind === "trusted-root" ? parsed : readAnswerValue(kind as never, parsed, "");
    });
  }

  /** What counts of this side's own addition and the archive's answer. */
  #kept(question: Question, key: string, answer: DefiniteAnswer): typeof answer {
    if (!this.#hasLocal || this.#get("is-local-answer", question.kind, key) === undefined) return answer;
    const held = this.#knowledge.recorded(question);
    return held?.state === "present" ? beside(question, held, answer).kept : answer;
  }

  /** A claim of this side that the archive contradicts ends, as with any other news. */
  #endLocalClaims(question: Question, answer: Answer): void {
    const claims = this.#knowledge.claims(question).filter(({ scope }) => this.#localClaims.has(scope));
    if (claims.length === 0 || !contradicts(answer, this.#knowledge.answer(question))) return;
    for (const { scope } of claims) {
      this.#run("delete-complete", scope);
      this.#localClaims.delete(scope);
      this.counts.ended.push(scope);
    }
  }
}

function isReadable(row: AnswerRow): boolean {
  try {
    checkRow(row);
    return true;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return false;
  }
}

const incomplete = (what: string, where: string): EngineError =>
  new EngineError("archive-incomplete", `the archive's entries name what is neither in it nor here: ${what}`, {
    subject: where,
  });
