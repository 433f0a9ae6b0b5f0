/**
 * Writing to the mirror: digests and bounds are checked before anything is stored, and after a call returns its data is
 * on the disk.
 */
import type { Database } from "better-sqlite3";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Answer, DefiniteAnswer } from "../../core/knowledge/answer.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import type { DistrustRow } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import { parseScope } from "../../core/oci/completeness.ts";
import type { SeenCheckpoint } from "../../core/tlog/seen-checkpoints.ts";
import { AnswerWriter } from "./answer-writer.ts";
import {
  type Collection,
  collectGarbage,
  type ImageToRemove,
  type MirrorToCollect,
  removeImages,
} from "./collect-garbage.ts";
import type { Damage } from "./damage.ts";
import { distrustDigest, toDistrustColumns } from "./distrust-entry.ts";
import { LayerStore } from "./layer-store.ts";
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import { removeDamage } from "./remove-damage.ts";
import type { Retention } from "./retention.ts";
import { rowChecksum } from "./row-checksum.ts";
import { type Origin, RowWriter } from "./row-writer.ts";
import { SeenWriter } from "./seen-writer.ts";
import { guarded } from "./store-error.ts";
import type { StoredFloors } from "./tuf-floors.ts";

/**
 * A pin by an operator: a trusted root by name (`public-good`), the TUF root from which one of that name is verified,
 * or the PEM text of a key by its reference in policies (`k8s://…`, `awskms://…`).
 */
export interface Pin {
  readonly kind: "trusted-root" | "tuf-root" | "key";
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Whether the mirror says the same: {@link MirrorWriter.confirm}. */
export type SaidAgain = (question: Question, answer: DefiniteAnswer) => boolean;

export class MirrorWriter {
  readonly #rows: RowWriter;
  readonly #seen: SeenWriter;
  readonly #answers: AnswerWriter;
  readonly #knowledge: MirrorKnowledge;
  readonly #limits: Limits;

  constructor(database: Database, folder: string, knowledge: MirrorKnowledge, limits: Limits) {
    this.#rows = new RowWriter(database, folder, knowledge);
    this.#seen = new SeenWriter(this.#rows, limits);
    this.#answers = new AnswerWriter(this.#rows, this.#seen, knowledge, limits);
    this.#knowledge = knowledge;
    this.#limits = limits;
  }

  /** For an import, which writes rows as they were elsewhere. Nothing else goes around this class. */
  get database(): Database {
    return this.#rows.database;
  }

  /** See {@link RowWriter.transaction}. */
  transaction<T>(body: () => T): T {
    return this.#rows.transaction(body);
  }

  /** See {@link RowWriter.begin}. */
  begin(): void {
    this.#rows.begin();
  }

  /** See {@link RowWriter.commit}. */
  commit(): void {
    this.#rows.commit();
  }

  /** See {@link RowWriter.rollback}. */
  rollback(): void {
    this.#rows.rollback();
  }

  /** See {@link AnswerWriter.addBlob}. */
  addBlob(bytes: Uint8Array, stated?: Digest): Digest {
    return this.#answers.addBlob(bytes, stated);
  }

  /** See {@link AnswerWriter.setAnswer}. */
  setAnswer(question: Question, answer: Answer, isNews = false): readonly CompletenessClaim[] {
    return this.#answers.setAnswer(question, answer, isNews);
  }

  /** See {@link AnswerWriter.confirm}. */
  confirm(question: Question, answer: DefiniteAnswer): boolean {
    return this.#answers.confirm(question, answer);
  }

  /** See {@link AnswerWriter.forgetNothing}. */
  forgetNothing(said: readonly { readonly question: Question; readonly at: string }[]): void {
    this.#answers.forgetNothing(said);
  }

  /**
   * Records that the mirror holds everything of a host, a repository or an image: what it lacks there is then absent.
   * @throws EngineError `invalid-usage` when it is not a scope.
   */
  setComplete(scope: string, { at, from }: Origin): void {
    const name = parseScope(scope, this.#limits);
    this.#rows.noteOwn("complete", name, "complete");
    this.#rows.run("put-complete", name, at, from, rowChecksum(name, at, from));
  }

  /** Removes a claim of completeness. */
  clearComplete(scope: string): void {
    this.#rows.run("delete-complete", parseScope(scope, this.#limits));
  }

  /**
   * Pins a trusted root or a key; it wins over every other answer to the same question.
   * @throws EngineError `over-limit` past `trustedRootBytes`, `malformed` when a key is not text.
   */
  pin(pin: Pin, from: Origin): Digest {
    const digest = this.importPin(pin, from);
    this.#rows.noteOwn(`pin ${pin.kind}`, pin.name, digest);
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
    this.#rows.run("forget-taken", `pin ${kind}`, name);
    this.#rows.run("put-pin", kind, name, digest, bytes, at, from, rowChecksum(kind, name, digest, at, from));
    return digest;
  }

  /** Removes a pin. The archive that brought it does not bring it again. */
  unpin(kind: Pin["kind"], name: string): void {
    this.transaction(() => {
      this.#rows.run("delete-pin", kind, name);
      this.#rows.run("delete-own", `pin ${kind}`, name);
      this.#rows.run("note-taken", `pin ${kind}`, name);
    });
  }

  /**
   * Adds an entry to the distrust list; an existing one keeps its first origin.
   * @returns its digest.
   */
  addDistrust(row: DistrustRow, origin: Origin): Digest {
    const digest = distrustDigest(row);
    this.#rows.run("forget-taken-distrust", digest);
    this.#rows.run("put-distrust", ...toDistrustColumns(row, origin));
    return digest;
  }

  /**
   * Removes an entry of the distrust list. Only an operator does this; an import never removes one. The archive that
   * brought it does not bring it again.
   */
  removeDistrust(digest: Digest): void {
    this.transaction(() => {
      this.#rows.run("delete-distrust", digest);
      this.#rows.run("note-taken-distrust", digest);
    });
  }

  /** See {@link collectGarbage}. A dry run only says what would go. */
  collect(retention: Retention | undefined, isDry = false): Collection {
    return guarded(this.#rows.folder, () => collectGarbage(this.#toCollect(), retention, isDry));
  }

  /** See {@link removeImages}. */
  remove(images: readonly ImageToRemove[], isDry = false): Collection {
    return guarded(this.#rows.folder, () => removeImages(this.#toCollect(), images, isDry));
  }

  #toCollect(): MirrorToCollect {
    return {
      database: this.database,
      knowledge: this.#knowledge,
      layers: new LayerStore(this.#rows.folder),
      limits: this.#limits,
    };
  }

  /** Gives unused space back to the disk, which needs as much again while it runs. */
  vacuum(): void {
    guarded(this.#rows.folder, () => void this.database.exec("VACUUM"));
  }

  /** See {@link removeDamage}. */
  removeDamage(damage: readonly Damage[]): readonly Damage[] {
    return guarded(this.#rows.folder, () => removeDamage(this.database, damage));
  }

  /** See {@link SeenWriter.raiseFloors}. */
  raiseFloors(name: string, floors: StoredFloors): void {
    this.#seen.raiseFloors(name, floors);
  }

  /** See {@link SeenWriter.raiseSignedTime}. */
  raiseSignedTime(signed: Date, origin: Origin): void {
    this.#seen.raiseSignedTime(signed, origin);
  }

  /** See {@link SeenWriter.raiseCheckpoints}. */
  raiseCheckpoints(seen: readonly SeenCheckpoint[], origin: Origin): readonly string[] {
    return this.#seen.raiseCheckpoints(seen, origin);
  }

  /** See {@link SeenWriter.leaveImportedCheckpoints}. */
  leaveImportedCheckpoints(): void {
    this.#seen.leaveImportedCheckpoints();
  }

  /** See {@link SeenWriter.setCheckpoint}. */
  setCheckpoint(checkpoint: SeenCheckpoint, origin: Origin): void {
    this.#seen.setCheckpoint(checkpoint, origin);
  }
}
