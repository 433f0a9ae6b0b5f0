/**
 * The two roles that answer: knowledge is looked up, an asker goes and asks. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { AnswerTo } from "./answer.ts";
import type { Question } from "./question.ts";

/**
 * What a row of a distrust list names: content by digest, a public key or certificate by fingerprint, a certificate
 * identity (wildcards allowed), a log by id.
 */
export type DistrustKind = "digest" | "key" | "certificate" | "identity" | "log";

/** One thing that is distrusted. Source: docs/spec/offline.md#distrust. */
export interface DistrustRow {
  readonly kind: DistrustKind;
  readonly value: string;
  readonly reason?: string;
  readonly date?: string;
}

/** What a source says beside its answers, all of it as of one moment. */
export interface SourceState {
  /**
   * A text that is another one whenever an answer may be, or anything else here; absent where the source cannot tell.
   */
  readonly version?: string | undefined;
  /**
   * What the source knows to be distrusted. It counts in every decision over the source, whatever list the engine was
   * given. A source that returns the same array says that the rows are the same.
   */
  readonly distrust?: readonly DistrustRow[];
  /**
   * The newest time that a verified signature carried in any decision over the source. Freshness is judged no earlier
   * than that, whatever the clock says.
   */
  readonly newestSignedTime?: Date | undefined;
}

/** Synchronous look-up of what is known. `undefined`: never asked. A damaged source throws an `EngineError`. */
export interface Knowledge {
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined;
  state?(): SourceState;
}

/** The only asynchronous role; it lives outside the engine and answers `timed-out` past its own deadline. */
export interface Asker {
  ask<Q extends Question>(question: Q): Promise<AnswerTo<Q>>;
}

/** Knows nothing: every question is one that nobody asked. */
export const nothingKnown: Knowledge = { answer: () => undefined, state: () => ({ version: "" }) };
