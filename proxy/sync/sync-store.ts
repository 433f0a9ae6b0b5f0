/**
 * What a sync learns, written as it comes: many answers in one transaction, since each commit waits for the disk. What
 * is reported as stored is committed before. Source: docs/spec/offline.md#sync, #mirror.
 */
import { setTimeout as wait } from "node:timers/promises";
import { EngineError } from "../../core/errors.ts";
import type { Answer } from "../../core/knowledge/answer.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Mirror } from "../mirror/mirror.ts";

export interface StoreEvents {
  /** An answer that the mirror cannot keep: it is larger than what is read again. */
  readonly tooLarge: (question: Question, error: EngineError) => void;
  /** A claim that a new fact ended. */
  readonly ended: (claim: CompletenessClaim) => void;
}

/** How long a commit waits for more, and how much it holds at most. */
const gatherMs = 100;
const mostBytes = 16 * 1024 * 1024;

export class SyncStore {
  readonly #mirror: Mirror;
  readonly #events: StoreEvents;
  #bytes = 0;
  #isOpen = false;
  #next: Promise<void> | undefined;

  constructor(mirror: Mirror, events: StoreEvents) {
    this.#mirror = mirror;
    this.#events = events;
  }

  /**
   * Keeps an answer. True: the mirror has it from now on, and after {@link committed} for good.
   * @throws EngineError as `MirrorWriter.setAnswer`; then what is not committed is gone.
   */
  put(question: Question, answer: Answer): boolean {
    const writer = this.#mirror.writer();
    this.#begin();
    try {
      for (const claim of writer.setAnswer(question, answer)) this.#events.ended(claim);
    } catch (error) {
      if (error instanceof EngineError && error.code === "over-limit") {
        this.#events.tooLarge(question, error);
        return false;
      }
      this.abandon();
      throw error;
    }
    if (answer.state === "present" && answer.value instanceof Uint8Array) this.#bytes += answer.value.length;
    if (this.#bytes > mostBytes) this.commit();
    return true;
  }

  /** Writes into the transaction that is open. */
  write(act: () => void): void {
    this.#begin();
    act();
  }

  #begin(): void {
    if (this.#isOpen) return;
    this.#mirror.writer().begin();
    this.#isOpen = true;
  }

  /** When everything that was put before is on the disk. @throws EngineError when it cannot be written. */
  committed(): Promise<void> {
    this.#next ??= wait(gatherMs).then(() => {
      this.#next = undefined;
      this.commit();
    });
    return this.#next;
  }

  /** @throws EngineError when it cannot be written. */
  commit(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#bytes = 0;
    this.#mirror.writer().commit();
  }

  /** Lets go of what is not committed. */
  abandon(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#mirror.writer().rollback();
  }
}
