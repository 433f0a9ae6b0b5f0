/** Answers on their way into the mirror: bytes and bounds are checked, and claims that a new fact contradicts end. */
import { metadataKey } from "../../core/archive/metadata-key.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { Answer, DefiniteAnswer, TrustedRootSource } from "../../core/knowledge/answer.ts";
import { type CompletenessClaim, contradicts } from "../../core/knowledge/completeness-claim.ts";
import { type Question, questionText } from "../../core/knowledge/question.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import type { Limits } from "../../core/limits.ts";
import { canonicalQuestion } from "../../core/oci/completeness.ts";
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
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import { manifestKey, placeKey } from "./named-key.ts";
import type { RowWriter } from "./row-writer.ts";
import type { SeenWriter } from "./seen-writer.ts";
import { sqlText } from "./statements.ts";
import { type MetadataRow, storeMetadata, storeTarget, targetRole } from "./tuf-metadata.ts";

const digestIn = ({ digest }: { readonly digest: Digest }): Digest => digest;

export class AnswerWriter {
  readonly #rows: RowWriter;
  readonly #seen: SeenWriter;
  readonly #knowledge: MirrorKnowledge;
  readonly #limits: Limits;
  /** Whether there may be attempts; nobody else writes them while this is open. */
  #hasAttempts: boolean | undefined;

  constructor(rows: RowWriter, seen: SeenWriter, knowledge: MirrorKnowledge, limits: Limits) {
    this.#rows = rows;
    this.#seen = seen;
    this.#knowledge = knowledge;
    this.#limits = limits;
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
    this.#rows.run("put-blob", digest, bytes);
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
      this.#rows.run("put-attempt", ...attemptColumns(text, answer.code, answer.at, answer.from));
      this.#hasAttempts = true;
      return [];
    }
    const ended = this.#contradictedBy(asked, answer);
    const store = (): void => {
      for (const { scope } of ended) this.#rows.run("delete-complete", scope);
      const row = toRow(asked, answer, answer.state === "present" ? this.#store(asked, answer.value) : undefined);
      if (this.#put(row, isNews) && asked.kind === "manifest" && answer.state === "present")
        this.#noteNamed(asked.repository, asked.digest, answer.value as Uint8Array);
      if (this.#mayHaveAttempts()) this.#rows.run("delete-attempt", text);
    };
    // Where a transaction is open, a part of it is worth one of its own only if half of it would say something else.
    if (this.#rows.database.inTransaction && ended.length === 0 && asked.kind !== "trusted-root") store();
    else this.#rows.transaction(store);
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
    this.#rows.noteOwn(row.kind, row.question, row.digest ?? "absent");
    if (this.#mayHaveAttempts()) this.#rows.run("delete-attempt", row.question);
    return true;
  }

  /** Removes that there is nothing, and attempts, where nobody said anything since. It is unknown then. */
  forgetNothing(said: readonly { readonly question: Question; readonly at: string }[]): void {
    this.#rows.transaction(() => {
      for (const { question, at } of said) {
        const asked = canonicalQuestion(question);
        const text = questionText(asked);
        this.#rows.run("forget-nothing", asked.kind, text, at);
        this.#rows.run("forget-attempt", text, at);
      }
    });
  }

  #mayHaveAttempts(): boolean {
    this.#hasAttempts ??= this.#rows.database.prepare<[], number>(sqlText("has-attempts")).pluck().get() !== 0;
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
      return { state: "absent", at: "", from: this.#rows.folder };
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
      this.#rows.run("put-named", placeKey(repository, named), own);
  }

  /** Whether it says something else than the row that was there. */
  #put(row: AnswerRow, isNews: boolean): boolean {
    this.#rows.noteOwn(row.kind, row.question, row.digest ?? "absent");
    if (!isNews && this.#confirmRow(row)) return false;
    this.#rows.run("put-answer", ...answerColumns(row));
    return true;
  }

  /** What says the same as before only gets its time: a row that is replaced is taken out of two trees and put back. */
  #confirmRow({ kind, question, repository, subject, state, digest, value, at, source, checksum, partial }: AnswerRow) {
    const same = [kind, question, repository, subject, state, digest, value, partial];
    return this.#rows.run("confirm-answer", at, source, checksum, ...same) > 0;
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
    if (source.floors !== undefined) this.#seen.raiseFloors(name, source.floors);
    const put = (...row: MetadataRow): void => {
      const [repository, role, version, digest] = row;
      this.#rows.noteOwn("tuf-metadata", metadataKey(repository, role, version), digest);
      this.#rows.run("put-tuf-metadata", ...row);
    };
    const store = (role: string, bytes: Uint8Array) => storeMetadata(put, name, role, bytes, this.#limits);
    const { otherTargets: others = [] } = source;
    this.#rows.run("delete-old-targets", name, JSON.stringify(others.map(({ path }) => targetRole(path))));
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
}
