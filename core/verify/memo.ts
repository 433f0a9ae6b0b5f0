/**
 * The memo: an image is verified once for each expectation and version of the knowledge: look up → compute → keep. A
 * result is kept until the source's version says that an answer may have changed. Results are the same without the
 * memo. Trusted roots are answers too. A memo belongs to one distrust list. Source: docs/architecture.md#the-memo.
 */
import type { Digest } from "../crypto/digest.ts";
import { isWithin, type ValidityPeriod } from "../encoding/instant.ts";
import { sizeOf } from "../encoding/size-of.ts";
import type { Answer, AnswerTo } from "../knowledge/answer.ts";
import type { Knowledge, Mirrored } from "../knowledge/knowledge.ts";
import type { Question } from "../knowledge/question.ts";
import { RecordingKnowledge } from "../knowledge/recording-knowledge.ts";
import type { Limits } from "../limits.ts";
import { stricterBudget } from "../trust/age-budget.ts";
import { type Freshness, type FreshnessBudgets, toFreshness } from "../trust/budgets.ts";
import { freshPeriod, judgeMirrorAge } from "../trust/mirror-age.ts";
import { type Failure, toFailure } from "../verdict.ts";
import { freshnessTime } from "./age-checks.ts";
import type { BoundedVerifier } from "./bounded-verifier.ts";
import { clockWarning, later, newestSignedTime } from "./clock.ts";
import type { VerifyContext } from "./context.ts";
import { findDistrusted, type ImageOutcome, type ImageRequest, verifyImage } from "./verify-image.ts";

interface Kept {
  readonly outcome: ImageOutcome;
  /** The questions that it rests on, as canonical texts. */
  readonly read: readonly string[];
  /** The period in which its judgement of ages holds. */
  readonly steady: ValidityPeriod;
  /** Its newest signed time. */
  readonly newest: Date | undefined;
}

/**
 * The oldest entries are dropped at the bounds, of entries and of bytes. Once half of the room is taken, use makes an
 * entry young again.
 */
export class Bounded<K, V> {
  readonly #entries = new Map<K, V>();
  /** Of those whose size was given. */
  readonly #sizes = new Map<K, number>();
  readonly #capacity: number;
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(capacity: number, mostBytes = 0) {
    this.#capacity = capacity;
    this.#mostBytes = mostBytes;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined && (2 * this.#entries.size > this.#capacity || 2 * this.#bytes > this.#mostBytes)) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /** What is larger than all of the room is not kept. */
  set(key: K, value: V, size = 0): void {
    this.#drop(key);
    if (size > this.#mostBytes) return;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < this.#capacity && this.#bytes + size <= this.#mostBytes) break;
      this.#drop(oldest);
    }
    this.#entries.set(key, value);
    if (size > 0) this.#sizes.set(key, size);
    this.#bytes += size;
  }

  #drop(key: K): void {
    this.#bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
    this.#entries.delete(key);
  }
}

/** The length of the first text keeps keys distinct. Cheaper than the canonical text, and as good in memory. */
const tagKey = ({ repository, tag }: Question & { readonly kind: "tag" }): string =>
  `${repository.length} ${repository} ${tag}`;

/** The results for one version of one source. Each tag is looked up once per version. */
class Version implements Knowledge {
  readonly text: string;
  readonly outcomes: Bounded<string, Kept>;
  readonly #tags: Bounded<string, Answer>;
  readonly #source: Knowledge;

  constructor(source: Knowledge, text: string, capacity: number, mostBytes: number) {
    this.text = text;
    this.outcomes = new Bounded(capacity, mostBytes);
    this.#tags = new Bounded(capacity);
    this.#source = source;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    if (question.kind !== "tag") return this.#source.answer(question);
    const text = tagKey(question);
    const held = this.#tags.get(text);
    if (held !== undefined) return held as AnswerTo<Q>;
    const answer = this.#source.answer(question);
    if (answer !== undefined && answer.state !== "unavailable") this.#tags.set(text, answer);
    return answer;
  }
}

/** Only the last two parts can hold arbitrary text, so the length of the first of them keeps keys distinct. */
const keyOf = ({ image, expectation, predicateType, layouts, signatureRepository = "" }: ImageRequest): string => {
  const where = `${layouts} ${signatureRepository.length} ${signatureRepository}`;
  const what = predicateType === undefined ? "signature" : `attestation ${predicateType}`;
  return `${image.repository} ${image.digest} ${expectation.digest} ${where} ${what}`;
};

const isKnown = ({ verification, candidates }: ImageOutcome): boolean =>
  verification.truth !== "unknown" && candidates.every((candidate) => candidate.verification.truth !== "unknown");

/** The time that lies in both periods. */
function both(left: ValidityPeriod, right: ValidityPeriod): ValidityPeriod {
  const start = later(left.start, right.start);
  const end = left.end === undefined || (right.end !== undefined && right.end < left.end) ? right.end : left.end;
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

/** The context of one computation. It records what the result rests on. */
class Watch {
  readonly knowledge: RecordingKnowledge;
  readonly context: VerifyContext;
  /** The period in which its judgement of ages holds; absent: only this instant. */
  steady: ValidityPeriod | undefined = {};
  /** Something was judged at the time of the decision, such as a certificate without a signed time. */
  timeRead = false;

  constructor(context: VerifyContext) {
    this.knowledge = new RecordingKnowledge(context.knowledge);
    this.context = new WatchedContext(context, this);
  }

  judged(period: ValidityPeriod | undefined): void {
    this.steady = this.steady === undefined || period === undefined ? undefined : both(this.steady, period);
  }
}

/** Each field, also those that may be left out: one that is new and forgotten here does not compile. */
type EveryField<T> = { readonly [Name in keyof Required<T>]: T[Name] };

/** A class, so that each has the same shape: V8 gives a literal with an accessor a slow one, and all reads of it. */
class WatchedContext implements EveryField<VerifyContext> {
  readonly knowledge: Knowledge;
  readonly verifier: VerifyContext["verifier"];
  readonly trustRootName: string;
  readonly trust: VerifyContext["trust"];
  readonly trustTime: VerifyContext["trustTime"];
  readonly limits: VerifyContext["limits"];
  readonly checkpoints: VerifyContext["checkpoints"];
  readonly sawCheckpoint: VerifyContext["sawCheckpoint"];
  readonly distrust: VerifyContext["distrust"];
  readonly warn: VerifyContext["warn"];
  readonly exhaustive: VerifyContext["exhaustive"];
  readonly #now: Date;
  readonly #watch: Watch;

  constructor(context: VerifyContext, watch: Watch) {
    this.knowledge = watch.knowledge;
    this.verifier = context.verifier;
    this.trustRootName = context.trustRootName;
    this.trust = context.trust;
    this.trustTime = { now: () => freshnessTime(context), judged: (period) => watch.judged(period) };
    this.limits = context.limits;
    this.checkpoints = context.checkpoints;
    this.sawCheckpoint = context.sawCheckpoint;
    this.distrust = context.distrust;
    this.warn = context.warn;
    this.exhaustive = context.exhaustive;
    this.#now = context.now;
    this.#watch = watch;
  }

  get now(): Date {
    this.#watch.timeRead = true;
    return this.#now;
  }
}

export interface DecisionContext extends VerifyContext {
  readonly knowledge: RecordingKnowledge;
  /** The bound for the whole decision. */
  readonly verifier: BoundedVerifier;
  /** The newest signed time of earlier decisions. */
  readonly seen: Date | undefined;
  /** As of when the source is a copy, at this moment. */
  readonly mirrored: () => Mirrored | undefined;
  readonly budgets: FreshnessBudgets;
}

/**
 * Verifies images for one decision. Within it nothing changes, not even the time, so everything is computed at most
 * once. Answers read are recorded, whether a result is computed or remembered.
 */
export class DecisionVerifier {
  readonly knowledge: RecordingKnowledge;
  readonly #context: DecisionContext;
  readonly #kept: Version["outcomes"] | undefined;
  readonly #own = new Map<string, ImageOutcome>();
  /** Results that later decisions must not reuse: computed once, here. */
  readonly #fresh = new Map<string, ImageOutcome>();
  /** The questions under each result that an earlier decision computed. */
  readonly #recalled: (readonly string[])[] = [];
  #newest: Date | undefined;
  /** The period in which everything that was judged so far is judged alike; absent: only this instant. */
  #steady: ValidityPeriod | undefined = {};

  constructor(context: DecisionContext, version: Version | undefined) {
    this.knowledge = context.knowledge;
    this.#context = context;
    this.#kept = version?.outcomes;
    this.#newest = context.seen;
  }

  /** The newest signed time of this decision and earlier ones. */
  newestSignedTime(): Date | undefined {
    return this.#newest;
  }

  /**
   * The period in which a decision over the same version of the source says the same; undefined if something was not
   * known, or was judged at this instant. A clock that is behind a signed time is in no such period.
   */
  steady(): ValidityPeriod | undefined {
    return this.#steady === undefined || this.#newest === undefined
      ? this.#steady
      : both(this.#steady, { start: this.#newest });
  }

  #narrow(period: ValidityPeriod | undefined): void {
    this.#steady = this.#steady === undefined || period === undefined ? undefined : both(this.#steady, period);
  }

  /** A warning if the time of the decision is behind a signed time of this or an earlier decision. */
  clockWarning(): string | undefined {
    return clockWarning(this.#context.now, this.#newest);
  }

  /**
   * The failure of everything that rests on a mirror which is too old, by the server's budget or a stricter one of a
   * policy. It is judged when everything was read, since an old answer may have been used only then.
   */
  findOldMirror(policyDeny?: number): Failure | undefined {
    const mirrored = this.#context.mirrored();
    if (mirrored === undefined) return undefined;
    const { maxMirrorAge } = this.#context.budgets;
    const isOfPolicy = policyDeny !== undefined && policyDeny < (maxMirrorAge.deny ?? Number.POSITIVE_INFINITY);
    const budget = stricterBudget(maxMirrorAge, policyDeny);
    this.#narrow(freshPeriod(mirrored, budget));
    const { error, warning } = judgeMirrorAge(mirrored, {
      now: freshnessTime(this.#context),
      budget,
      ...(isOfPolicy ? { setting: "sallyport.dev/max-mirror-age" } : {}),
    });
    if (warning !== undefined) this.#context.warn?.(warning);
    return error === undefined ? undefined : toFailure(error, "freshness.mirror", 0);
  }

  /** How fresh what the decision rests on is, and by which budgets that was judged. */
  freshness(): Freshness {
    return toFreshness(this.#context.budgets, freshnessTime(this.#context), this.#context.mirrored());
  }

  /** `useCache: false`: the result is neither taken from another decision nor kept for one. */
  verify(request: ImageRequest, { useCache = true }: { readonly useCache?: boolean } = {}): ImageOutcome {
    const key = keyOf(request);
    const known = useCache ? (this.#own.get(key) ?? this.#lookUp(key)) : this.#fresh.get(key);
    if (known !== undefined) return known;
    const watch = new Watch(this.#context);
    const outcome = verifyImage(request, watch.context);
    const newest = newestSignedTime(outcome, request.expectation);
    this.#newest = later(this.#newest, newest);
    if (!useCache) {
      this.#fresh.set(key, outcome);
      this.#narrow(undefined);
    } else this.#keep(key, outcome, watch, newest);
    return outcome;
  }

  /** The refutation of an image of which nothing but its digest is asked. */
  findDistrusted(digest: Digest): Failure | undefined {
    return findDistrusted(digest, this.#context);
  }

  /** Canonical texts of all questions that the decision read, sorted. */
  read(): readonly string[] {
    return [...new Set([...this.knowledge.read(), ...this.#recalled.flat()])].sort();
  }

  #lookUp(key: string): ImageOutcome | undefined {
    const kept = this.#kept?.get(key);
    if (kept === undefined || !isWithin(kept.steady, freshnessTime(this.#context))) return undefined;
    this.#recalled.push(kept.read);
    this.#newest = later(this.#newest, kept.newest);
    this.#narrow(kept.steady);
    this.#own.set(key, kept.outcome);
    return kept.outcome;
  }

  /**
   * Kept only within the decision: unknown results, results that depend on its time, and those that its bound may have
   * cut short.
   */
  #keep(key: string, outcome: ImageOutcome, { knowledge, steady, timeRead }: Watch, newest: Date | undefined): void {
    this.#own.set(key, outcome);
    const lasts = !timeRead && !this.#context.verifier.isExhausted() && knowledge.open().length === 0;
    const isKept = lasts && steady !== undefined && isKnown(outcome);
    this.#narrow(isKept ? steady : undefined);
    // With an attestation its whole predicate is kept.
    if (isKept) this.#kept?.set(key, { outcome, read: knowledge.read(), steady, newest }, sizeOf(outcome));
  }
}

export class Memo {
  readonly #capacity: number;
  readonly #mostBytes: number;
  readonly #versions = new WeakMap<Knowledge, Version>();

  /** `memoEntries`: how many results, and how many tags, are kept for a source; 0 keeps nothing. */
  constructor({ memoEntries, memoBytes }: Limits) {
    this.#capacity = memoEntries;
    this.#mostBytes = memoBytes;
  }

  /** The results kept for this version of the source. A source without a version has none. */
  versionOf(source: Knowledge, text: string | undefined): Version | undefined {
    if (this.#capacity < 1 || text === undefined) return undefined;
    const held = this.#versions.get(source);
    if (held?.text === text) return held;
    const version = new Version(source, text, this.#capacity, this.#mostBytes);
    this.#versions.set(source, version);
    return version;
  }
}
