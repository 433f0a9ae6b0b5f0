/**
 * What registries say when clients ask, kept in the mirror. Clients choose names, and of most names there is nothing to
 * know: what says nothing is bounded, the oldest goes, and is asked for again. Source:
 * docs/spec/offline.md#registry-proxy.
 */
import type { Answer } from "../../core/knowledge/answer.ts";
import { type Question, questionText } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import type { Mirror } from "../mirror/mirror.ts";

/** So many parts of what is kept go at once: each commit waits for the disk. */
const parts = 16;

interface Said {
  readonly question: Question;
  readonly at: string;
}

const saysNothing = (answer: Answer): boolean =>
  answer.state !== "present" || (Array.isArray(answer.value) && answer.value.length === 0);

class AskedStore {
  readonly #mirror: Mirror;
  readonly #most: number;
  /** By question, the oldest first: what was kept of them while this runs, and nobody else had said before. */
  readonly #nothing = new Map<string, Said>();

  constructor(mirror: Mirror, { askedAbsences }: Limits) {
    this.#mirror = mirror;
    this.#most = askedAbsences;
  }

  /** @throws EngineError as `MirrorWriter.setAnswer`. */
  put(question: Question, answer: Answer): void {
    const text = questionText(question);
    const isNothing = saysNothing(answer);
    const isOwn = isNothing && (this.#nothing.has(text) || this.#isNews(question));
    const write = (): void => void this.#mirror.writer().setAnswer(question, answer);
    // Clients choose what is asked: what is not there may not cost others what is remembered of images that are.
    if (this.#changesNothing(question, answer)) this.#mirror.knowledge().writeUnread(write);
    else write();
    this.#nothing.delete(text);
    if (!isOwn) return;
    this.#nothing.set(text, { question, at: answer.at });
    if (this.#nothing.size > this.#most) this.#forget();
  }

  #changesNothing(question: Question, answer: Answer): boolean {
    if (answer.state === "unavailable") return true;
    return saysNothing(answer) && this.#mirror.knowledge().answer(question) === undefined;
  }

  /** A sync, an import or an earlier run said something: that stays. */
  #isNews(question: Question): boolean {
    return this.#mirror.knowledge().recorded(question) === undefined;
  }

  #forget(): void {
    const oldest = [...this.#nothing].slice(0, Math.ceil(this.#nothing.size / parts));
    this.#mirror.writer().forgetNothing(oldest.map(([, said]) => said));
    for (const [text] of oldest) this.#nothing.delete(text);
  }
}

/** All who ask for clients share one bound, and keep it when the configuration is read again. */
const stores = new WeakMap<Mirror, AskedStore>();

/** Keeps answers in a mirror; in one that is open for reading, none. */
export function storeIn(mirror: Mirror, limits: Limits): ((question: Question, answer: Answer) => void) | undefined {
  if (!mirror.isWritable) return undefined;
  const store = stores.get(mirror) ?? new AskedStore(mirror, limits);
  stores.set(mirror, store);
  return (question, answer) => store.put(question, answer);
}
