/**
 * Knowledge held in memory: for tests, the playground and capsules. Referrers follow from the manifests put in, as a
 * registry derives them.
 */
import { type Digest, digestOf } from "../crypto/digest.ts";
import type { Answer, AnswerTo } from "../knowledge/answer.ts";
import { claimedAbsence, type CompletenessClaim, contradicts } from "../knowledge/completeness-claim.ts";
import type { DistrustRow, Knowledge, Mirrored, SourceState } from "../knowledge/knowledge.ts";
import { parseQuestion, type Question, questionText } from "../knowledge/question.ts";
import type { Descriptor } from "./descriptor.ts";
import { canonicalQuestion, completenessScopes, parseScope } from "./completeness.ts";
import { mediaTypeOf, parseManifest, referrerDescriptor } from "./manifest.ts";
import type { Limits } from "../limits.ts";

export interface KnowledgeOrigin {
  /** RFC 3339; the `at` of every answer that is put in as content. */
  readonly at: string;
  /** Names the source in answers. */
  readonly from: string;
}

export class MemoryKnowledge implements Knowledge {
  readonly #limits: Limits;
  readonly #origin: KnowledgeOrigin;
  readonly #answers = new Map<string, AnswerTo<Question>>();
  readonly #referrers = new Map<string, Descriptor[]>();
  readonly #complete = new Map<string, CompletenessClaim>();
  #distrust: readonly DistrustRow[] = [];
  #signed: Date | undefined;
  #mirrored: Mirrored | undefined;
  #changes = 0;

  /** `limits` bound what is put in. */
  constructor(limits: Limits, origin: KnowledgeOrigin = { at: "2000-01-01T00:00:00Z", from: "memory" }) {
    this.#limits = limits;
    this.#origin = origin;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const asked = canonicalQuestion(question);
    const text = questionText(asked);
    const derived = this.#referrers.get(text);
    const answer =
      this.#answers.get(text) ??
      (derived === undefined ? undefined : { state: "present", value: derived, ...this.#origin });
    if (answer !== undefined) return answer as AnswerTo<Q>;
    const [claim] = this.claims(asked);
    return claim === undefined ? undefined : (claimedAbsence(claim) as AnswerTo<Q>);
  }

  claims(question: Question): readonly CompletenessClaim[] {
    return completenessScopes(question).flatMap((scope) => this.#complete.get(scope) ?? []);
  }

  *facts(scope: string): Iterable<Question> {
    for (const text of new Set([...this.#answers.keys(), ...this.#referrers.keys()])) {
      const question = parseQuestion(text);
      if (completenessScopes(question).includes(scope) && this.answer(question)?.state === "present") yield question;
    }
  }

  /** A new fact ends every claim that it contradicts. */
  #endClaims(question: Question, later: Answer): void {
    const claims = later.state === "present" ? this.claims(question) : [];
    if (claims.length > 0 && contradicts(later, this.answer(question)))
      for (const { scope } of claims) this.#complete.delete(scope);
  }

  /** The version counts what was put in. */
  state(): SourceState {
    return {
      version: String(this.#changes),
      distrust: this.#distrust,
      newestSignedTime: this.#signed,
      mirrored: this.#mirrored,
    };
  }

  /** Records an answer. It wins over answers derived from content. */
  set<Q extends Question>(question: Q, answer: AnswerTo<Q>): this {
    this.#changes++;
    const asked = canonicalQuestion(question);
    this.#endClaims(asked, answer);
    this.#answers.set(questionText(asked), answer as AnswerTo<Question>);
    return this;
  }

  /** Records a present answer. */
  present<Q extends Question>(question: Q, value: Extract<AnswerTo<Q>, { state: "present" }>["value"]): this {
    return this.set(question, { state: "present", value, ...this.#origin } as AnswerTo<Q>);
  }

  /** Records that the source does not have it. */
  absent(question: Question): this {
    return this.set(question, { state: "absent", ...this.#origin });
  }

  /** Adds rows to the distrust list. */
  addDistrust(...rows: readonly DistrustRow[]): this {
    this.#changes++;
    this.#distrust = [...this.#distrust, ...rows];
    return this;
  }

  /** Raises the newest signed time. */
  raiseSignedTime(signed: Date): this {
    if (this.#signed !== undefined && signed <= this.#signed) return this;
    this.#changes++;
    this.#signed = signed;
    return this;
  }

  /** Says that it is a copy, and as of when. */
  setMirrored(mirrored: Mirrored): this {
    this.#changes++;
    this.#mirrored = mirrored;
    return this;
  }

  putBlob(repository: string, bytes: Uint8Array): Digest {
    const digest = digestOf(bytes);
    this.present({ kind: "blob", repository, digest }, bytes);
    return digest;
  }

  /**
   * Stores a manifest or index under its digest and, if given, a tag; with a subject it becomes a referrer of it.
   * @throws EngineError as `parseManifest`.
   */
  putManifest(repository: string, bytes: Uint8Array, tag?: string): Digest {
    const manifest = parseManifest(bytes, this.#limits);
    const digest = digestOf(bytes);
    this.present({ kind: "manifest", repository, digest }, bytes);
    if (tag !== undefined)
      this.present({ kind: "tag", repository, tag }, { mediaType: mediaTypeOf(manifest), digest, size: bytes.length });
    if (manifest.subject !== undefined)
      this.#addReferrer(repository, manifest.subject.digest, referrerDescriptor(manifest, digest, bytes.length));
    return digest;
  }

  #addReferrer(repository: string, subject: Digest, referrer: Descriptor): void {
    const question = canonicalQuestion({ kind: "referrers", repository, digest: subject });
    const text = questionText(question);
    this.#endClaims(question, { state: "present", value: [referrer], ...this.#origin });
    const others = (this.#referrers.get(text) ?? []).filter((other) => other.digest !== referrer.digest);
    this.#changes++;
    this.#referrers.set(text, [...others, referrer]);
  }

  /**
   * Everything of a host, a repository or an image is here: what is not, is absent, until something else is put in.
   * @throws EngineError `invalid-usage` when it is not a scope.
   */
  complete(scope: string): this {
    this.#changes++;
    const parsed = parseScope(scope, this.#limits);
    this.#complete.set(parsed, { scope: parsed, ...this.#origin });
    return this;
  }
}
