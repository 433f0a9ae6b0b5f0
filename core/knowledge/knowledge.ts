/**
 * The two roles that answer: knowledge is looked up, an asker asks outside. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { AnswerTo } from "./answer.ts";
import type { CompletenessClaim } from "./completeness-claim.ts";
import type { Question } from "./question.ts";

/**
 * The kinds of a distrust list's row: content by digest, a public key or certificate by fingerprint, a certificate
 * identity (wildcards allowed), a log by id, a timestamp authority by the fingerprint of one of its certificates.
 */
export const distrustKinds = ["digest", "key", "certificate", "identity", "log", "timestamp-authority"] as const;
export type DistrustKind = (typeof distrustKinds)[number];

/** One thing that is distrusted. Source: docs/spec/offline.md#distrust. */
export interface DistrustRow {
  readonly kind: DistrustKind;
  readonly value: string;
  readonly reason?: string;
  readonly date?: string;
}

/** As of when a source is a copy of what is known elsewhere. */
export interface Mirrored {
  /** Absent: nobody knows. */
  readonly at?: Date;
  /** Who says so: the last archive that was imported, by its signed time of creation, or the last complete sync. */
  readonly by?: "archive" | "sync";
}

/** A source's state beside its answers, as of one moment. */
export interface SourceState {
  /**
   * A text that changes whenever an answer, or anything else here, may have changed. Absent if the source cannot tell.
   */
  readonly version?: string | undefined;
  /**
   * The same of what was known: it stays when something that had no answer is said not to be there. What rests on
   * answers alone rests on none of those. Default: the version.
   */
  readonly knownVersion?: string | undefined;
  /**
   * The source's distrust list. It counts in every decision over the source, in addition to the engine's list. The same
   * array means the same rows.
   */
  readonly distrust?: readonly DistrustRow[];
  /**
   * The newest signed time proven in any decision over the source. Freshness is never judged at an earlier time,
   * whatever the clock says.
   */
  readonly newestSignedTime?: Date | undefined;
  /** Of a mirror. Absent: the source is no copy whose age counts, such as files of a command line. */
  readonly mirrored?: Mirrored | undefined;
  /** The newest checkpoints that were seen of logs, as signed notes. Nothing about them was verified. */
  readonly checkpoints?: readonly string[];
}

/**
 * Synchronous look-up. `undefined`: never asked. A damaged source throws an `EngineError`. A source whose absences rest
 * on claims of completeness tells of them, so that a fact from elsewhere can end them.
 */
export interface Knowledge {
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined;
  state?(): SourceState;
  /** The claims that cover a question, whether or not it has an answer; the narrowest first. */
  claims?(question: Question): readonly CompletenessClaim[];
  /** The questions of a scope to which the source has a present answer. */
  facts?(scope: string): Iterable<Question>;
  /**
   * Begins to read several answers, and to write none: until the end all are of one moment, as is the state. A source
   * in a file opens it once for them. Within another it is the same moment.
   *
   * @returns what ends it, which is called in any case. It is no frame between who decides and who verifies.
   */
  hold?(): () => void;
}

const nothingHeld = (): void => undefined;

/** {@link Knowledge.hold}, for any source. */
export const hold = (source: Knowledge): (() => void) => source.hold?.() ?? nothingHeld;

/** Whatever `act` reads of the source is of one moment. `act` is synchronous, and writes nothing. */
export function atOneMoment<T>(source: Knowledge, act: () => T): T {
  const release = hold(source);
  try {
    return act();
  } finally {
    release();
  }
}

/**
 * The only asynchronous role; it lives outside the engine and answers `timed-out` past its own deadline. `undefined`:
 * it has nobody to ask, and the question stays open as one that was never asked.
 */
export interface Asker {
  ask<Q extends Question>(question: Q): Promise<AnswerTo<Q> | undefined>;
  /** What asking would say and needs nobody for, since it came to light while something else was asked. */
  known?<Q extends Question>(question: Q): AnswerTo<Q> | undefined;
}

/** Knows nothing: no question was ever asked. */
export const nothingKnown: Knowledge = { answer: () => undefined, state: () => ({ version: "" }) };
