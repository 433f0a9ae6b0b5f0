/** An asker that notes what it brought and what could not be asked, and in a dry run fetches no blobs. */
import type { AnswerTo, Unavailable } from "../../core/knowledge/answer.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import { type Question, type QuestionKind, questionText } from "../../core/knowledge/question.ts";
import { beyondStated } from "../../core/oci/lookup.ts";

/** A question that nobody could answer. */
export interface Failed {
  readonly question: Question;
  readonly outage: Unavailable;
}

/** What a dry run would fetch. */
export interface Wanted {
  readonly question: Question;
  /** As the manifest that names it states. */
  readonly bytes: number | undefined;
}

export interface NotingOptions {
  /** Ask for tags, lists and manifests, and only note what else there is. */
  readonly isDry: boolean;
  /** Receives each question that nobody could answer. */
  readonly failed?: (failed: Failed) => void;
}

/** All that a dry run asks for: manifests state the sizes of everything else. */
const dryKinds: ReadonlySet<QuestionKind> = new Set(["tag", "manifest", "referrers"]);

export class NotingAsker implements Asker {
  readonly #asker: Asker;
  readonly #options: NotingOptions;
  readonly #fetched = new Map<string, number>();
  readonly #claimed = new Set<string>();
  readonly #failures = new Map<string, Failed>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #counts = new Map<QuestionKind, number>();

  constructor(asker: Asker, options: NotingOptions) {
    this.#asker = asker;
    this.#options = options;
  }

  known<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const answer = this.#asker.known?.(question);
    // What came along is not at once.
    if (answer?.state !== "absent" || (this.#options.isDry && !dryKinds.has(question.kind))) return undefined;
    this.#counts.set(question.kind, (this.#counts.get(question.kind) ?? 0) + 1);
    return answer;
  }

  async ask<Q extends Question>(question: Q): Promise<AnswerTo<Q> | undefined> {
    const text = questionText(question);
    const { isDry, failed } = this.#options;
    if (isDry && !dryKinds.has(question.kind)) {
      this.#wanted.set(text, { question, bytes: sizeIn(question) });
      return undefined;
    }
    this.#counts.set(question.kind, (this.#counts.get(question.kind) ?? 0) + 1);
    const answer = await this.#asker.ask(question);
    if (answer?.state === "unavailable") this.#fail({ question, outage: answer }, failed);
    if (answer?.state !== "present") return answer;
    if (answer.value instanceof Uint8Array) this.#fetched.set(text, answer.value.length);
    if (answer.partial !== undefined && answer.partial !== true)
      this.#fail({ question, outage: answer.partial }, failed);
    return answer;
  }

  #fail(failure: Failed, told: NotingOptions["failed"]): void {
    this.#failures.set(questionText(failure.question), failure);
    told?.(failure);
  }

  /** Content that this run brought, by canonical text: its bytes. */
  fetched(text: string): number | undefined {
    return this.#fetched.get(text);
  }

  /** The bytes of content that no other image was said to have brought. */
  claim(text: string): number {
    if (this.#claimed.has(text)) return 0;
    this.#claimed.add(text);
    return this.#fetched.get(text) ?? 0;
  }

  failure(text: string): Failed | undefined {
    return this.#failures.get(text);
  }

  failures(): readonly Failed[] {
    return [...this.#failures.values()];
  }

  isWanted(text: string): boolean {
    return this.#wanted.has(text);
  }

  wanted(): readonly Wanted[] {
    return [...this.#wanted.values()];
  }

  /** Questions that were asked, by kind. */
  counts(): Readonly<Partial<Record<QuestionKind, number>>> {
    return Object.fromEntries(this.#counts);
  }
}

/** `atMost` is somewhat beyond the stated size, which is the best that a question knows. */
const sizeIn = (question: Question): number | undefined =>
  "atMost" in question && question.atMost !== undefined ? Math.max(0, question.atMost - beyondStated) : undefined;
