/**
 * Writing to the mirror: digests and bounds are checked before anything is stored, and after a call returns its data is
 * on the disk.
 */
import type { Database, Statement } from "better-sqlite3";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { metadataKey } from "../../core/archive/metadata-key.ts";
import { EngineError } from "../../core/errors.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { Answer, DefiniteAnswer, TrustedRootSource } from "../../core/knowledge/answer.ts";
import { type CompletenessClaim, contradicts } from "../../core/knowledge/completeness-claim.ts";
import type { DistrustRow } from "../../core/knowledge/knowledge.ts";
import { type Question, questionText } from "../../core/knowledge/question.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import type { Limits } from "../../core/limits.ts";
import { canonicalQuestion, parseScope } from "../../core/oci/completeness.ts";
import { findManifest } from "../../core/oci/manifest.ts";
import {
  answerColumns,
  type AnswerRow,
  type StoredValue,
  storeValue,
  storedBytes,
  storedJson,
  toRow,
} from "./answer-row.ts";
import { attemptColumns } from "./attempt-row.ts";
import {
  type Collection,
  collectGarbage,
  type ImageToRemove,
  type MirrorToCollect,
  removeImages,
} from "./collect-garbage.ts";
import type { Damage } from "./damage.ts";
import { distrustDigest, toDistrustColumns } from "./distrust-entry.ts";
import { parseCheckpoint } from "../../core/tlog/checkpoint.ts";
import { compareCheckpoints, type SeenCheckpoint, twoTrees } from "../../core/tlog/seen-checkpoints.ts";
import { LayerStore } from "./layer-store.ts";
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import { type CheckpointRow, checkCheckpoint } from "./checkpoint-row.ts";
import { removeDamage } from "./remove-damage.ts";
import type { Retention } from "./retention.ts";
import { rowChecksum, textDigest } from "./row-checksum.ts";
import { type StatementName, sqlText } from "./statements.ts";
import { manifestKey, placeKey } from "./named-key.ts";
import { readSignedTime, type SignedTimeRow } from "./signed-time-row.ts";
import { guarded } from "./store-error.ts";
import { floorRows, type StoredFloors } from "./tuf-floors.ts";
import { type MetadataRow, storeMetadata, storeTarget, targetRole } from "./tuf-metadata.ts";

/** Time and source of an answer. `at` is RFC 3339. */
export interface Origin {
  readonly at: string;
  readonly from: string;
}

/**
 * A pin by an operator: a trusted root by name (`public-good`), the TUF root from which one of that name is verified,
 * or the PEM text of a key by its reference in policies (`k8s://…`, `awskms://…`).
 */
export interface Pin {
  readonly kind: "trusted-root" | "tuf-root" | "key";
  readonly name: string;
  readonly bytes: Uint8Array;
}

const digestIn = ({ digest }: { readonly digest: Digest }): Digest => digest;

/** Whether the mirror says the same: {@link MirrorWriter.confirm}. */
export type SaidAgain = (question: Question, answer: DefiniteAnswer) => boolean;

export class MirrorWriter {
  readonly #database: Database;
  readonly #folder: string;
  readonly #knowledge: MirrorKnowledge;
  readonly #limits: Limits;
  readonly #prepared = new Map<string, Statement<unknown[]>>();
  /** Whether there may be attempts; nobody else writes them while this is open. */
  #hasAttempts: boolean | undefined;
  /** Whether archives brought anything; an import begins with {@link begin}. */
  #hasImported: boolean | undefined;

  constructor(database: Database, folder: string, knowledge: MirrorKnowledge, limits: Limits) {
    this.#database = database;
    this.#folder = folder;
    this.#knowledge = knowledge;
    this.#limits = limits;
  }

  /** For an import, which writes rows as they were elsewhere. Nothing else goes around this class. */
  get database(): Database {
    return this.#database;
  }

  /**
   * Stores all of `body` or nothing. Transactions may be nested.
   * @throws what `body` throws; then nothing is stored.
   */
  transaction<T>(body: () => T): T {
    return guarded(this.#folder, () => this.#database.transaction(body).immediate());
  }

  /** Begins what {@link commit} ends: transactions within are parts of it. Until then other processes see nothing. */
  begin(): void {
    this.#hasImported = undefined;
    guarded(this.#folder, () => this.#database.exec("BEGIN IMMEDIATE"));
  }

  /** @throws EngineError when it cannot be written; then nothing since {@link begin} is stored. */
  commit(): void {
    try {
      guarded(this.#folder, () => this.#database.exec("COMMIT"));
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Also where a failure, such as a full disk, rolled back already. */
  rollback(): void {
    if (this.#database.inTransaction) guarded(this.#folder, () => this.#database.exec("ROLLBACK"));
    this.#knowledge.noteTakenBack();
  }

  /** Returns how many rows it changed. */
  #run(statement: StatementName, ...values: readonly unknown[]): number {
    return guarded(this.#folder, () => {
      const prepared = this.#prepared.get(statement) ?? this.#database.prepare(sqlText(statement));
      this.#prepared.set(statement, prepared);
      return prepared.run(...values).changes;
    });
  }

  /**
   * Stores bytes under their digest.
   * @throws EngineError `malformed` when they do not have the stated digest, `over-limit` past `blobBytes`.
   */
  addBlob(bytes: Uint8Array, stated?: Digest): Digest {
    if (bytes.length > this.#limits.blobBytes)
      throw new EngineError("over-limit", `${bytes.length} bytes, at most ${this.#limits.blobBytes} are kept`, {
        subject: stated,
      });
    const digest = digestOf(bytes);
    if (stated !== undefined && stated !== digest)
      throw new EngineError("malformed", `the bytes have the digest ${digest}`, { subject: stated });
    this.#run("put-blob", digest, bytes);
    return digest;
  }

  /**
   * Records an answer. TUF metadata with floors raises the mirror's. An unavailable answer is kept as the last attempt,
   * for people, and an earlier answer stays valid. A new fact ends the claims of completeness that it contradicts, in
   * the same transaction. `isNews`: {@link confirm} did not find the same.
   * @returns the claims that ended.
   * @throws EngineError `malformed` when bytes do not have the question's digest, `over-limit`.
   */
  setAnswer(question: Question, answer: Answer, isNews = false): readonly CompletenessClaim[] {
    const asked: Question = canonicalQuestion(question);
    const text = questionText(asked);
    if (answer.state === "unavailable") {
      this.#run("put-attempt", ...attemptColumns(text, answer.code, answer.at, answer.from));
      this.#hasAttempts = true;
      return [];
    }
    const ended = this.#contradictedBy(asked, answer);
    const store = (): void => {
      for (const { scope } of ended) this.#run("delete-complete", scope);
      const row = toRow(asked, answer, answer.state === "present" ? this.#store(asked, answer.value) : undefined);
      if (this.#put(row, isNews) && asked.kind === "manifest" && answer.state === "present")
        this.#noteNamed(asked.repository, asked.digest, answer.value as Uint8Array);
      if (this.#mayHaveAttempts()) this.#run("delete-attempt", text);
    };
    // Where a transaction is open, a part of it is worth one of its own only if half of it would say something else.
    if (this.#database.inTransaction && ended.length === 0 && asked.kind !== "trusted-root") store();
    else this.transaction(store);
    return ended;
  }

  /**
   * Whether an answer about a tag or a list says what was recorded before. Then it is news to no claim, and nothing is
   * stored but its time, in the transaction that is open. False: nothing is stored, and {@link setAnswer} does it.
   */
  confirm(question: Question, answer: DefiniteAnswer): boolean {
    if (question.kind !== "tag" && question.kind !== "referrers") return false;
    const asked = canonicalQuestion(question);
    const row = toRow(asked, answer, answer.state === "present" ? this.#store(asked, answer.value) : undefined);
    if (!this.#confirmRow(row)) return false;
    this.#noteOwn(row.kind, row.question, row.digest ?? "absent");
    if (this.#mayHaveAttempts()) this.#run("delete-attempt", row.question);
    return true;
  }

  /** Removes that there is nothing, and attempts, where nobody said anything since. It is unknown then. */
  forgetNothing(said: readonly { readonly question: Question; readonly at: string }[]): void {
    this.transaction(() => {
      for (const { question, at } of said) {
        const asked = canonicalQuestion(question);
        const text = questionText(asked);
        this.#run("forget-nothing", asked.kind, text, at);
        this.#run("forget-attempt", text, at);
      }
    });
  }

  #mayHaveAttempts(): boolean {
    this.#hasAttempts ??= this.#database.prepare<[], number>(sqlText("has-attempts")).pluck().get() !== 0;
    return this.#hasAttempts;
  }

  #contradictedBy(question: Question, answer: Answer): readonly CompletenessClaim[] {
    if (answer.state !== "present") return [];
    const ended = new Map<string, CompletenessClaim>();
    for (const claim of [
      ...this.#contradictedBySubject(question, answer.value),
      ...this.#contradicted(question, answer),
    ])
      ended.set(claim.scope, claim);
    return [...ended.values()];
  }

  /** The claims that cover a question, if `later` is news to them. What cannot be read was not said. */
  #contradicted(question: Question, later: Answer): readonly CompletenessClaim[] {
    const claims = this.#knowledge.claims(question);
    if (claims.length === 0) return [];
    return contradicts(later, this.#earlier(question)) ? claims : [];
  }

  #earlier(question: Question): Answer | undefined {
    try {
      return this.#knowledge.answer(question);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return { state: "absent", at: "", from: this.#folder };
    }
  }

  /** A manifest that names a subject is one of its referrers, whether or not a list names it yet. */
  #contradictedBySubject(question: Question, value: unknown): readonly CompletenessClaim[] {
    if (question.kind !== "manifest") return [];
    const { repository, digest } = question;
    const subject = findManifest(value as Uint8Array, this.#limits)?.subject?.digest;
    if (subject === undefined) return [];
    const listed: Answer = { state: "present", value: [{ digest }], at: "", from: "" };
    return this.#contradicted({ kind: "referrers", repository, digest: subject }, listed);
  }

  /** So that what names a digest is found in one look. */
  #noteNamed(repository: string, digest: Digest, bytes: Uint8Array): void {
    const manifest = findManifest(bytes, this.#limits);
    if (manifest === undefined) return;
    const { config, layers, manifests } = manifest;
    const own = manifestKey(digest);
    for (const named of new Set([...layers, ...manifests, ...(config === undefined ? [] : [config])].map(digestIn)))
      this.#run("put-named", placeKey(repository, named), own);
  }

  /** Whether it says something else than the row that was there. */
  #put(row: AnswerRow, isNews: boolean): boolean {
    this.#noteOwn(row.kind, row.question, row.digest ?? "absent");
    if (!isNews && this.#confirmRow(row)) return false;
    this.#run("put-answer", ...answerColumns(row));
    return true;
  }

  /** What says the same as before only gets its time: a row that is replaced is taken out of two trees and put back. */
  #confirmRow({ kind, question, repository, subject, state, digest, value, at, source, checksum, partial }: AnswerRow) {
    const same = [kind, question, repository, subject, state, digest, value, partial];
    return this.#run("confirm-answer", at, source, checksum, ...same) > 0;
  }

  /** What an archive brought already stays when archives no longer have it: this side has it by itself too. */
  #noteOwn(kind: string, key: string, digest: string): void {
    this.#hasImported ??= this.#database.prepare<[], number>(sqlText("has-any-imported")).pluck().get() !== 0;
    if (this.#hasImported) this.#run("put-own", kind, key, digest);
  }

  #store(question: Question, value: unknown): StoredValue {
    switch (question.kind) {
      case "manifest":
        return storedBytes(this.#addManifest(value as Uint8Array, question.digest));
      case "blob":
        return storedBytes(this.addBlob(value as Uint8Array, question.digest));
      case "trusted-root":
        return this.#storeRoot(question.name, value as TrustedRootSource);
      default:
        return this.#readable(storeValue(question.kind, value as never), question);
    }
  }

  /** What could not be read again is not written. */
  #readable(stored: StoredValue, question: Question): StoredValue {
    const { jsonBytes } = this.#limits;
    if (Buffer.byteLength(stored.value ?? "") > jsonBytes)
      throw new EngineError("over-limit", `an answer of more than ${jsonBytes} bytes`, {
        subject: questionWords(question),
      });
    return stored;
  }

  #addManifest(bytes: Uint8Array, digest: Digest): Digest {
    if (bytes.length > this.#limits.manifestBytes)
      throw new EngineError(
        "over-limit",
        `a manifest of ${bytes.length} bytes, at most ${this.#limits.manifestBytes} are kept`,
        { subject: digest },
      );
    return this.addBlob(bytes, digest);
  }

  #storeRoot(name: string, source: TrustedRootSource): StoredValue {
    if (source.form === "pinned") return storedJson({ form: "pinned", digest: this.addBlob(source.bytes) });
    if (source.floors !== undefined) this.#setFloors(name, source.floors);
    const put = (...row: MetadataRow): void => {
      const [repository, role, version, digest] = row;
      this.#noteOwn("tuf-metadata", metadataKey(repository, role, version), digest);
      this.#run("put-tuf-metadata", ...row);
    };
    const store = (role: string, bytes: Uint8Array) => storeMetadata(put, name, role, bytes, this.#limits);
    const { otherTargets: others = [] } = source;
    this.#run("delete-old-targets", name, JSON.stringify(others.map(({ path }) => targetRole(path))));
    return storedJson({
      form: "tuf",
      roots: source.roots.map((bytes) => store("root", bytes)),
      timestamp: store("timestamp", source.timestamp),
      snapshot: store("snapshot", source.snapshot),
      targets: source.targets.map(({ role, bytes }) => ({ role, ...store(role, bytes) })),
      target: this.addBlob(source.target),
      // Left out where there are none, as in rows from before there were any.
      ...(others.length === 0
        ? {}
        : {
            others: others.map(({ path, bytes }) => ({
              path,
              digest: storeTarget(put, name, targetRole(path), bytes),
            })),
          }),
    });
  }

  /** Floors of a trusted root whose metadata was verified. */
  raiseFloors(name: string, floors: StoredFloors): void {
    this.#setFloors(name, floors);
  }

  /**
   * Replaces the floors with the versions that verified metadata gave, since a rotation of keys may have removed some.
   */
  #setFloors(name: string, floors: StoredFloors): void {
    this.#run("delete-tuf-floors", name);
    for (const row of floorRows(name, floors)) this.#run("put-tuf-floor", ...row);
  }

  /**
   * Records that the mirror holds everything of a host, a repository or an image: what it lacks there is then absent.
   * @throws EngineError `invalid-usage` when it is not a scope.
   */
  setComplete(scope: string, { at, from }: Origin): void {
    const name = parseScope(scope, this.#limits);
    this.#noteOwn("complete", name, "complete");
    this.#run("put-complete", name, at, from, rowChecksum(name, at, from));
  }

  /** Removes a claim of completeness. */
  clearComplete(scope: string): void {
    this.#run("delete-complete", parseScope(scope, this.#limits));
  }

  /**
   * Pins a trusted root or a key; it wins over every other answer to the same question.
   * @throws EngineError `over-limit` past `trustedRootBytes`, `malformed` when a key is not text.
   */
  pin(pin: Pin, from: Origin): Digest {
    const digest = this.importPin(pin, from);
    this.#noteOwn(`pin ${pin.kind}`, pin.name, digest);
    return digest;
  }

  /** As {@link pin}, by what comes from elsewhere: this side does not have it by itself. @throws as {@link pin} */
  importPin({ kind, name, bytes }: Pin, { at, from }: Origin): Digest {
    if (bytes.length > this.#limits.trustedRootBytes)
      throw new EngineError(
        "over-limit",
        `${bytes.length} bytes, at most ${this.#limits.trustedRootBytes} can be pinned`,
        { subject: name },
      );
    if (kind === "key") decodeUtf8(bytes);
    const digest = digestOf(bytes);
    this.#run("put-pin", kind, name, digest, bytes, at, from, rowChecksum(kind, name, digest, at, from));
    return digest;
  }

  /** Removes a pin. */
  unpin(kind: Pin["kind"], name: string): void {
    this.#run("delete-pin", kind, name);
    this.#run("delete-own", `pin ${kind}`, name);
  }

  /**
   * Adds an entry to the distrust list; an existing one keeps its first origin.
   * @returns its digest.
   */
  addDistrust(row: DistrustRow, origin: Origin): Digest {
    this.#run("put-distrust", ...toDistrustColumns(row, origin));
    return distrustDigest(row);
  }

  /** Removes an entry of the distrust list. Only an operator does this; an import never removes one. */
  removeDistrust(digest: Digest): void {
    this.#run("delete-distrust", digest);
  }

  /** See {@link collectGarbage}. A dry run only says what would go. */
  collect(retention: Retention | undefined, isDry = false): Collection {
    return guarded(this.#folder, () => collectGarbage(this.#toCollect(), retention, isDry));
  }

  /** See {@link removeImages}. */
  remove(images: readonly ImageToRemove[], isDry = false): Collection {
    return guarded(this.#folder, () => removeImages(this.#toCollect(), images, isDry));
  }

  #toCollect(): MirrorToCollect {
    return {
      database: this.#database,
      knowledge: this.#knowledge,
      layers: new LayerStore(this.#folder),
      limits: this.#limits,
    };
  }

  /** Gives unused space back to the disk, which needs as much again while it runs. */
  vacuum(): void {
    guarded(this.#folder, () => void this.#database.exec("VACUUM"));
  }

  /** See {@link removeDamage}. */
  removeDamage(damage: readonly Damage[]): readonly Damage[] {
    return guarded(this.#folder, () => removeDamage(this.#database, damage));
  }

  /** Remembers the newest signed time; an older one changes nothing. */
  raiseSignedTime(signed: Date, { at, from }: Origin): void {
    this.transaction(() => {
      const before = this.#database.prepare<[], SignedTimeRow>(sqlText("find-signed-time")).get();
      if (before !== undefined && readSignedTime(before) >= signed) return;
      const text = signed.toISOString();
      this.#run("put-signed-time", text, at, from, rowChecksum(text, at, from));
    });
  }

  /**
   * Remembers checkpoints that were verified, where they are newer than what is here.
   * @returns what is wrong, for people: a log that signed another tree of the same size. The first one stays.
   */
  raiseCheckpoints(seen: readonly SeenCheckpoint[], origin: Origin): readonly string[] {
    return this.transaction(() =>
      seen.flatMap((checkpoint) => {
        const before = this.#checkpoint(checkpoint.origin);
        const found =
          before === undefined
            ? "newer"
            : compareCheckpoints(
                parseCheckpoint(before.note, this.#limits),
                parseCheckpoint(checkpoint.note, this.#limits),
              );
        if (found === "newer") this.setCheckpoint(checkpoint, origin);
        return found === "another tree" ? [twoTrees({ origin: checkpoint.origin, treeSize: checkpoint.size })] : [];
      }),
    );
  }

  #checkpoint(origin: string): CheckpointRow | undefined {
    const row = this.#database.prepare<[string], CheckpointRow>(sqlText("find-checkpoint")).get(origin);
    if (row !== undefined) checkCheckpoint(row);
    return row;
  }

  /** Removes the checkpoints that archives brought; those of this side's own evidence stay. */
  leaveImportedCheckpoints(): void {
    this.#run("leave-checkpoints");
  }

  /**
   * Remembers the newest checkpoint of a log.
   * @throws EngineError `rollback` when the log was larger before.
   */
  setCheckpoint({ origin, size, note }: SeenCheckpoint, { at, from }: Origin): void {
    this.transaction(() => {
      const before = this.#checkpoint(origin);
      if (before !== undefined && BigInt(before.size) > size)
        throw new EngineError("rollback", `a checkpoint of ${size} entries after one of ${before.size}`, {
          subject: origin,
        });
      const columns = [origin, size.toString(), textDigest(note)] as const;
      this.#run("put-checkpoint", ...columns, note, at, from, rowChecksum(...columns, at, from));
    });
  }
}
