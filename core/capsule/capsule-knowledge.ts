/**
 * The answers of a capsule as knowledge. A list is read when an answer in it is wanted: the lists are in order, so that
 * a few are looked at for each question. What is not there was never asked: `not-in-mirror`. Source:
 * docs/spec/capsule.md#reading.
 */
import type { AnswerEntry, Entry } from "../archive/archive-entry.ts";
import { corruptArchive, readingArchive } from "../archive/corrupt.ts";
import { EntryReader, type ListReference } from "../archive/list.ts";
import { compareText } from "../archive/order.ts";
import type { Digest } from "../crypto/digest.ts";
import { parseJson } from "../encoding/json.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Answer, AnswerTo } from "../knowledge/answer.ts";
import { readAnswerValue } from "../knowledge/answer-json.ts";
import type { Knowledge, SourceState } from "../knowledge/knowledge.ts";
import { type Question, questionText } from "../knowledge/question.ts";
import type { Limits } from "../limits.ts";
import { canonicalQuestion } from "../oci/completeness.ts";

export interface CapsuleParts {
  readonly lists: readonly ListReference[];
  /** The bytes of a list, which have its digest. */
  readonly list: (index: number) => Uint8Array;
  readonly find: (digest: Digest) => Uint8Array | undefined;
  readonly state: SourceState;
  readonly limits: Limits;
  readonly subject: string;
}

export class CapsuleKnowledge implements Knowledge {
  readonly #parts: CapsuleParts;
  readonly #lists = new Map<number, readonly Entry[]>();
  readonly #answers = new Map<string, Answer | undefined>();

  constructor(parts: CapsuleParts) {
    this.#parts = parts;
  }

  state(): SourceState {
    return this.#parts.state;
  }

  /** @throws EngineError `archive-corrupt`, `archive-incomplete`: what was signed is not what is here. */
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const text = questionText(canonicalQuestion(question));
    if (!this.#answers.has(text)) this.#answers.set(text, this.#read(question, text));
    return this.#answers.get(text) as AnswerTo<Q> | undefined;
  }

  #read({ kind }: Question, text: string): Answer | undefined {
    const entry = this.#find(kind, text);
    if (entry === undefined || !("state" in entry)) return undefined;
    const { at, from } = entry;
    if (entry.state === "absent") {
      const { claim } = entry;
      return { state: "absent", at, from, ...(claim === undefined ? {} : { claim }) };
    }
    const { partial } = entry;
    return { state: "present", value: this.#value(entry), at, from, ...(partial === undefined ? {} : { partial }) };
  }

  #value(entry: AnswerEntry): unknown {
    const { kind, key, value, digest, size } = entry;
    const { limits, subject } = this.#parts;
    const bytes = value === undefined ? this.#bytes(digest, size, key) : encodeUtf8(value);
    if (kind === "manifest" || kind === "blob") return bytes;
    return readingArchive(subject, () =>
      readAnswerValue(kind, parseJson(bytes, { limits, maxBytes: limits.blobBytes, subject: key }), ""),
    );
  }

  #bytes(digest: Digest, size: number | undefined, key: string): Uint8Array {
    const bytes = this.#parts.find(digest);
    if (bytes === undefined)
      throw new EngineError("archive-incomplete", `${digest} is named by an answer (${key}) and not carried`, {
        subject: this.#parts.subject,
      });
    if (bytes.length !== size)
      throw corruptArchive(`${digest} has ${bytes.length} bytes, an entry says ${size}`, this.#parts.subject);
    return bytes;
  }

  /** The last list that begins at or before the row has it, or none has. */
  #find(kind: string, key: string): Entry | undefined {
    let [low, high] = [0, this.#parts.lists.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const [first] = this.#list(middle);
      if (first !== undefined && compareRow(first, kind, key) <= 0) low = middle;
      else high = middle - 1;
    }
    if (high < 0) return undefined;
    const list = this.#list(low);
    for (let [start, end] = [0, list.length - 1]; start <= end; ) {
      const middle = (start + end) >> 1;
      const entry = list[middle] as Entry;
      const order = compareRow(entry, kind, key);
      if (order === 0) return entry;
      if (order < 0) start = middle + 1;
      else end = middle - 1;
    }
    return undefined;
  }

  #list(index: number): readonly Entry[] {
    const held = this.#lists.get(index);
    if (held !== undefined) return held;
    const { lists, list, limits } = this.#parts;
    const entries = [...new EntryReader("capsule", limits).read(list(index), lists[index] as ListReference)];
    this.#lists.set(index, entries);
    return entries;
  }
}

const compareRow = (entry: Entry, kind: string, key: string): number =>
  compareText(entry.kind, kind) || compareText(entry.key, key);
