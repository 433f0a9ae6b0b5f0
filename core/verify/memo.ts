/**
 * The memo: an image is verified once for each expectation and version of what is known. To verify reads look up →
 * compute → keep. It is kept until the source says that an answer may have changed; without the memo every result is
 * the same. Trusted roots are answers too, and a memo belongs to one distrust list. Source:
 * docs/architecture.md#the-memo.
 */
import { isWithin, type ValidityPeriod } from "../encoding/instant.ts";
import type { Answer, AnswerTo } from "../knowledge/answer.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { type Question, questionText } from "../knowledge/question.ts";
import { RecordingKnowledge } from "../knowledge/recording-knowledge.ts";
import type { BoundedVerifier } from "./bounded-verifier.ts";
import { clockWarning, later, newestSignedTime } from "./clock.ts";
import type { VerifyContext } from "./context.ts";
import { type ImageOutcome, type ImageRequest, verifyImage } from "./verify-image.ts";

interface Kept {
  readonly outcome: ImageOutcome;
  /** What it was computed from: canonical texts of questions. */
  readonly read: readonly string[];
  /** In which trust in metadata is judged as it was then. */
  readonly steady: ValidityPeriod;
  /** The newest signed time in it. */
  readonly newest: Date | undefined;
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

/** What is kept of one version of one source, which is asked for a tag once in each. */
class Version implements Knowledge {
  readonly text: string;
  readonly outcomes: Bounded<string, Kept>;
  readonly #tags: Bounded<string, Answer>;
  readonly #source: Knowledge;

  constructor(source: Knowledge, text: string, capacity: number) {
    this.text = text;
    this.outcomes = new Bounded(capacity);
    this.#tags = new Bounded(capacity);
    this.#source = source;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    if (question.kind !== "tag") return this.#source.answer(question);
    const text = questionText(question);
    const held = this.#tags.get(text);
    if (held !== undefined) return held as AnswerTo<Q>;
    const answer = this.#source.answer(question);
    if (answer !== undefined && answer.state !== "unavailable") this.#tags.set(text, answer);
    return answer;
  }
}

/** Only the last two parts can hold any text, so the length of the one before the last keeps keys apart. */
const keyOf = ({ image, expectation, predicateType, layouts, signatureRepository = "" }: ImageRequest): string => {
  const where = `${layouts} ${signatureRepository.length} ${signatureRepository}`;
  const what = predicateType === undefined ? "signature" : `attestation ${predicateType}`;
  return `${image.repository} ${image.digest} ${expectation.digest} ${where} ${what}`;
};

const isKnown = ({ verification, candidates }: ImageOutcome): boolean =>
  verification.truth !== "unknown" && candidates.every((candidate) => candidate.verification.truth !== "unknown");

/** The period that ends first. Those of trust have no beginning. */
const shorter = (left: ValidityPeriod, right: ValidityPeriod): ValidityPeriod =>
  right.end !== undefined && (left.end === undefined || right.end < left.end) ? right : left;

/** The time at which trust in metadata is judged. */
const trustNow = (context: VerifyContext): (() => Date) => context.trustTime?.now ?? (() => context.now);

/** The context of one computation, which notes what its result rests on. */
class Watch {
  readonly knowledge: RecordingKnowledge;
  readonly context: VerifyContext;
  /** In which trust in metadata is judged alike; absent: only at this instant. */
  steady: ValidityPeriod | undefined = {};
  /** Something was judged at the time of the decision, such as a certificate that no signed time covers. */
  timeRead = false;

  constructor(context: VerifyContext) {
    const watch = this;
    this.knowledge = new RecordingKnowledge(context.knowledge);
    this.context = {
      ...context,
      knowledge: this.knowledge,
      get now() {
        watch.timeRead = true;
        return context.now;
      },
      trustTime: {
        now: trustNow(context),
        judged: (period) => {
          this.steady = this.steady === undefined || period === undefined ? undefined : shorter(this.steady, period);
        },
      },
    };
  }
}

export interface DecisionContext extends VerifyContext {
  readonly knowledge: RecordingKnowledge;
  /** Bounds the whole decision. */
  readonly verifier: BoundedVerifier;
  /** The newest signed time that earlier decisions saw. */
  readonly seen: Date | undefined;
}

/**
 * Verifies images for one decision. Within it nothing changes, time included, so everything is computed at most once;
 * what is read is on record whether it is computed or recalled.
 */
export class DecisionVerifier {
  readonly knowledge: RecordingKnowledge;
  readonly #context: DecisionContext;
  readonly #kept: Version["outcomes"] | undefined;
  readonly #own = new Map<string, ImageOutcome>();
  /** Of what is not to be recalled: computed here, and once. */
  readonly #fresh = new Map<string, ImageOutcome>();
  readonly #recalled = new Set<string>();
  #newest: Date | undefined;

  constructor(context: DecisionContext, version: Version | undefined) {
    this.knowledge = context.knowledge;
    this.#context = context;
    this.#kept = version?.outcomes;
    this.#newest = context.seen;
  }

  /** Of all that was verified here and before. */
  newestSignedTime(): Date | undefined {
    return this.#newest;
  }

  /** What a person should know when the time of the decision is behind a signed time, this or an earlier one. */
  clockWarning(): string | undefined {
    return clockWarning(this.#context.now, this.#newest);
  }

  /** `useCache: false`: no other decision's outcome counts, and this one is for no other. */
  verify(request: ImageRequest, { useCache = true }: { readonly useCache?: boolean } = {}): ImageOutcome {
    const key = keyOf(request);
    const known = useCache ? (this.#own.get(key) ?? this.#lookUp(key)) : this.#fresh.get(key);
    if (known !== undefined) return known;
    const watch = new Watch(this.#context);
    const outcome = verifyImage(request, watch.context);
    const newest = newestSignedTime(outcome, request.expectation);
    this.#newest = later(this.#newest, newest);
    if (!useCache) this.#fresh.set(key, outcome);
    else this.#keep(key, outcome, watch, newest);
    return outcome;
  }

  /** Canonical texts of all questions that the decision read, sorted. */
  read(): readonly string[] {
    return [...new Set([...this.knowledge.read(), ...this.#recalled])].sort();
  }

  #lookUp(key: string): ImageOutcome | undefined {
    const kept = this.#kept?.get(key);
    if (kept === undefined || !isWithin(kept.steady, trustNow(this.#context)())) return undefined;
    for (const text of kept.read) this.#recalled.add(text);
    this.#newest = later(this.#newest, kept.newest);
    this.#own.set(key, kept.outcome);
    return kept.outcome;
  }

  /** Only for the decision: the unknown, what rests on its time, and what its other images may have caused. */
  #keep(key: string, outcome: ImageOutcome, { knowledge, steady, timeRead }: Watch, newest: Date | undefined): void {
    this.#own.set(key, outcome);
    const lasts = !timeRead && !this.#context.verifier.isExhausted() && knowledge.open().length === 0;
    if (lasts && steady !== undefined && isKnown(outcome))
      this.#kept?.set(key, { outcome, read: knowledge.read(), steady, newest });
  }
}

export class Memo {
  readonly #capacity: number;
  readonly #versions = new WeakMap<Knowledge, Version>();

  /** `capacity`: how many outcomes, and as many tags, are kept of a source; 0 keeps nothing. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** What is kept of the source in this version. Nothing is of one that cannot tell its version. */
  versionOf(source: Knowledge, text: string | undefined): Version | undefined {
    if (this.#capacity < 1 || text === undefined) return undefined;
    const held = this.#versions.get(source);
    if (held?.text === text) return held;
    const version = new Version(source, text, this.#capacity);
    this.#versions.set(source, version);
    return version;
  }
}
