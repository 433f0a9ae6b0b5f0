/**
 * What a sync learns, written as it comes: many answers in one transaction, since each commit waits for the disk. What
 * is reported as stored is committed before. Source: docs/spec/offline.md#sync, #mirror.
 */
import { EngineError } from "../../core/errors.ts";
import type { Answer, DefiniteAnswer } from "../../core/knowledge/answer.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Mirror } from "../mirror/mirror.ts";
import type { MirrorWriter } from "../mirror/mirror-writer.ts";

export interface StoreEvents {
  /** An answer that the mirror cannot keep: it is larger than what is read again. */
  readonly tooLarge: (question: Question, error: EngineError) => void;
  /** A claim that a new fact ended. */
  readonly ended: (claim: CompletenessClaim) => void;
}

/**
 * How long a commit waits for more, and how much it holds at most. Each commit writes every page that it changed, and
 * answers lie in the order of their digests, so that a few answers change as many pages as many.
 */
const gatherMs = 1000;
const mostBytes = 16 * 1024 * 1024;

export class SyncStore {
  readonly #mirror: Mirror;
  readonly #events: StoreEvents;
  readonly #lost: AbortSignal | undefined;
  #bytes = 0;
  #isOpen = false;
  #waiting: Waiting | undefined;

  /** Once `lost` is aborted the mirror is another's to write: what is not committed is gone, and no more is put. */
  constructor(mirror: Mirror, events: StoreEvents, lost?: AbortSignal) {
    this.#mirror = mirror;
    this.#events = events;
    this.#lost = lost;
    lost?.addEventListener("abort", () => this.abandon(), { once: true });
  }

  /**
   * Keeps an answer. True: the mirror has it from now on, and after {@link committed} for good. `isNews`: it is known
   * that {@link confirm} did not find the same.
   * @throws EngineError as `MirrorWriter.setAnswer`; then what is not committed is gone.
   */
  put(question: Question, answer: Answer, isNews = false): boolean {
    const error = this.#written((writer) => {
      for (const claim of writer.setAnswer(question, answer, isNews)) this.#events.ended(claim);
    });
    if (error !== undefined) {
      this.#events.tooLarge(question, error);
      return false;
    }
    if (answer.state === "present" && answer.value instanceof Uint8Array) this.#bytes += answer.value.length;
    if (this.#bytes > mostBytes) this.commit();
    return true;
  }

  /**
   * Whether an answer says what the mirror has: then the mirror has it as of this answer's time.
   * @throws EngineError as {@link put}.
   */
  confirm(question: Question, answer: DefiniteAnswer): boolean {
    let isSame = false;
    this.#written((writer) => {
      isSame = writer.confirm(question, answer);
    });
    return isSame;
  }

  /** Returns why nothing was written of an answer that is too large. */
  #written(write: (writer: MirrorWriter) => void): EngineError | undefined {
    this.#begin();
    try {
      write(this.#mirror.writer());
      return undefined;
    } catch (error) {
      if (error instanceof EngineError && error.code === "over-limit") return error;
      this.abandon();
      throw error;
    }
  }

  /** Writes into the transaction that is open. */
  write(act: () => void): void {
    this.#begin();
    act();
  }

  #begin(): void {
    if (this.#isOpen) return;
    if (this.#lost?.aborted === true)
      throw new EngineError("mirror-busy", "this sync took too long to stop, and another one has its turn");
    this.#mirror.writer().begin();
    this.#isOpen = true;
  }

  /**
   * When everything that was put before is on the disk.
   * @throws EngineError when it cannot be written, or was let go.
   */
  committed(): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    this.#waiting ??= new Waiting(() => this.#commitLate());
    return this.#waiting.promise;
  }

  /** Whoever waits hears of a failure. */
  #commitLate(): void {
    try {
      this.commit();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }

  /** @throws EngineError when it cannot be written. */
  commit(): void {
    if (!this.#isOpen) return;
    const waiting = this.#end();
    try {
      this.#mirror.writer().commit();
    } catch (error) {
      waiting?.reject(error);
      throw error;
    }
    waiting?.resolve();
  }

  /** Lets go of what is not committed. */
  abandon(): void {
    if (!this.#isOpen) return;
    this.#end()?.reject(new EngineError("mirror-busy", "what was fetched last is not stored"));
    this.#mirror.writer().rollback();
  }

  #end(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#isOpen = false;
    this.#bytes = 0;
    this.#waiting = undefined;
    return waiting;
  }
}

/** Those who wait for a commit: it comes when there was time for more, or earlier. */
class Waiting {
  readonly promise: Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(late: () => void) {
    this.promise = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#timer = setTimeout(late, gatherMs);
  }

  resolve(): void {
    clearTimeout(this.#timer);
    this.#settle?.resolve();
  }

  reject(error: unknown): void {
    clearTimeout(this.#timer);
    this.#settle?.reject(error);
  }
}
