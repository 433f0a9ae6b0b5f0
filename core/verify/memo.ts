/**
 * What was computed from answers, kept for as long as the source says that no answer has changed. Source:
 * docs/architecture.md#the-memo. It sits outside of what it remembers: without it every result is the same.
 */
import type { Answer, AnswerTo } from "../knowledge/answer.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Question } from "../knowledge/question.ts";
import { questionText } from "../knowledge/question.ts";
import { RecordingKnowledge } from "../knowledge/recording-knowledge.ts";

interface Kept {
  readonly value: unknown;
  /** What it was computed from: canonical texts of questions. */
  readonly read: readonly string[];
}

/** The oldest entry leaves when the bound is reached; use makes an entry young, once half of the room is taken. */
class Bounded<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined && 2 * this.#entries.size > this.#capacity) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: K, value: V): void {
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= this.#capacity && !oldest.done) this.#entries.delete(oldest.value);
    this.#entries.set(key, value);
  }
}

/** What is kept of one version of one source. */
class Version {
  readonly text: string;
  readonly tags: Bounded<string, Answer>;
  readonly results: Bounded<string, Kept>;

  constructor(text: string, capacity: number) {
    this.text = text;
    this.tags = new Bounded(capacity);
    this.results = new Bounded(capacity);
  }
}

/** The source, which is asked for a tag once in each version of it. */
class SteadyKnowledge implements Knowledge {
  readonly #source: Knowledge;
  readonly #version: Version;

  constructor(source: Knowledge, version: Version) {
    this.#source = source;
    this.#version = version;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    if (question.kind !== "tag") return this.#source.answer(question);
    const text = questionText(question);
    const held = this.#version.tags.get(text);
    if (held !== undefined) return held as AnswerTo<Q>;
    const answer = this.#source.answer(question);
    if (answer !== undefined && answer.state !== "unavailable") this.#version.tags.set(text, answer);
    return answer;
  }
}

export type Compute<T> = (knowledge: Knowledge) => { readonly value: T; readonly keep: boolean };

/** The memo of one decision: what it reads is on record whether it is computed or recalled. */
export interface Recall {
  readonly knowledge: RecordingKnowledge;
  /**
   * The value under `key` of `owner`, which stands for everything else that goes into it. `compute` says whether it may
   * be kept: what is unknown or depends on the time may not. What `holds` denies is computed anew.
   */
  recall<T>(owner: object, key: string, compute: Compute<T>, holds?: (value: T) => boolean): T;
}

/**
 * Within one decision nothing changes, time included: whatever was computed once is so for all of it, and what it read
 * is on record already.
 */
function onceADecision(recall: Recall["recall"]): Recall["recall"] {
  const byOwner = new Map<object, Map<string, unknown>>();
  return <T>(owner: object, key: string, compute: Compute<T>, holds?: (value: T) => boolean): T => {
    const held = byOwner.get(owner) ?? new Map<string, unknown>();
    byOwner.set(owner, held);
    if (!held.has(key)) held.set(key, recall(owner, key, compute, holds));
    return held.get(key) as T;
  };
}

/** Without a memo beyond the decision. */
export const noRecall = (source: Knowledge): Recall => {
  const knowledge = new RecordingKnowledge(source);
  return { knowledge, recall: onceADecision((_owner, _key, compute) => compute(knowledge).value) };
};

export class Memo {
  readonly #capacity: number;
  readonly #versions = new WeakMap<Knowledge, Version>();
  readonly #owners = new WeakMap<object, number>();
  #nextOwner = 0;

  /** `capacity`: how many results, and as many tags, are kept of a source; 0 keeps nothing. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** For one decision. A source that cannot tell its version is asked anew each time. */
  open(source: Knowledge): Recall {
    const text = source.version?.();
    if (text === undefined || this.#capacity < 1) return noRecall(source);
    const held = this.#versions.get(source);
    const version = held?.text === text ? held : new Version(text, this.#capacity);
    if (version !== held) this.#versions.set(source, version);
    const knowledge = new RecordingKnowledge(new SteadyKnowledge(source, version));
    const recall: Recall["recall"] = (owner, key, compute, holds) =>
      this.#recall(version, knowledge, `${this.#ownerOf(owner)} ${key}`, compute, holds);
    return { knowledge, recall: onceADecision(recall) };
  }

  #ownerOf(owner: object): number {
    const held = this.#owners.get(owner);
    if (held !== undefined) return held;
    this.#owners.set(owner, ++this.#nextOwner);
    return this.#nextOwner;
  }

  #recall<T>(
    version: Version,
    knowledge: RecordingKnowledge,
    key: string,
    compute: Compute<T>,
    holds: (value: T) => boolean = () => true,
  ): T {
    const kept = version.results.get(key);
    if (kept !== undefined && holds(kept.value as T)) {
      knowledge.include(kept.read);
      return kept.value as T;
    }
    const part = new RecordingKnowledge(knowledge);
    const { value, keep } = compute(part);
    if (keep && part.open().length === 0) version.results.set(key, { value, read: part.read() });
    return value;
  }
}
