/**
 * All answers that a decision read, as JSON: by the canonical text of the question, `null` where nobody was asked.
 * Bytes are kept once, by their digest. Source: docs/spec/record.md#answers.
 */
import { digestOf } from "../crypto/digest.ts";
import { decodeBase64, encodeBase64 } from "../encoding/base64.ts";
import { type JsonObject, type JsonValue, parseJson } from "../encoding/json.ts";
import { encodeJsonText, withWellFormedTexts } from "../encoding/json-text.ts";
import { own, pointer, readObject, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { codes, EngineError, type ErrorCode } from "../errors.ts";
import type { Answer, AnswerTo } from "../knowledge/answer.ts";
import { encodeAnswer, readAnswer } from "../knowledge/answer-json.ts";
import type { Knowledge, SourceState } from "../knowledge/knowledge.ts";
import { parseQuestion, type Question, questionText } from "../knowledge/question.ts";
import type { Limits } from "../limits.ts";

/** What a source said to a question: an answer, nothing, or why it could not be read. */
export type Said = Answer | EngineError | undefined;

/** What the source says to each of the questions, by their canonical texts. */
export function readAnswers(texts: readonly string[], source: Knowledge): ReadonlyMap<string, Said> {
  const said = new Map<string, Said>();
  for (const text of texts) said.set(text, sayOf(parseQuestion(text), source));
  return said;
}

function sayOf(question: Question, source: Knowledge): Said {
  try {
    return source.answer(question);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error;
  }
}

export interface AnswersDocument {
  readonly answers: JsonObject;
  readonly blobs: JsonObject;
}

export function encodeAnswers(said: ReadonlyMap<string, Said>): AnswersDocument {
  const answers: Record<string, JsonValue> = {};
  const blobs: Record<string, string> = {};
  for (const [text, answer] of said) {
    if (answer === undefined) answers[text] = null;
    else if (answer instanceof EngineError) answers[text] = withWellFormedTexts(encodeDamage(answer));
    else if (answer.state === "unavailable") answers[text] = withWellFormedTexts(encodeAnswer("key", answer));
    else {
      const { kind } = parseQuestion(text);
      const bytes = answer.state === "present" && answer.value instanceof Uint8Array ? answer.value : undefined;
      if (bytes === undefined) {
        const json = encodeAnswer(kind, answer as never);
        // The order of the members of an object can show in a decision.
        answers[text] =
          kind === "cluster" && "value" in json ? { ...json, value: encodeJsonText(json.value ?? null) } : json;
      } else {
        const digest = digestOf(bytes);
        blobs[digest] ??= encodeBase64(bytes);
        answers[text] = { ...encodeAnswer("key", { ...answer, value: digest } as never) };
      }
    }
  }
  return { answers, blobs };
}

const encodeDamage = ({ code, message, subject }: EngineError): JsonObject => ({
  state: "damaged",
  code,
  reason: message,
  ...(subject === undefined ? {} : { subject }),
});

/** The answers of a record, and nothing else. */
export class RecordedKnowledge implements Knowledge {
  readonly #said: ReadonlyMap<string, Said>;
  readonly #state: SourceState;

  constructor(said: ReadonlyMap<string, Said>, state: SourceState) {
    this.#said = said;
    this.#state = state;
  }

  state(): SourceState {
    return this.#state;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const said = this.#said.get(questionText(question));
    if (said instanceof EngineError) throw said;
    return said as AnswerTo<Q> | undefined;
  }
}

/**
 * The inverse of {@link encodeAnswers}. Every blob has its digest, and is the value of an answer.
 * @throws EngineError `malformed` with a JSON pointer below `at`.
 */
export function parseAnswers(json: JsonObject, at: string, limits: Limits): ReadonlyMap<string, Said> {
  const blobs = readBlobs(own(json, "blobs"), pointer(at, "blobs"));
  const used = new Set<string>();
  const said = new Map<string, Said>();
  for (const [text, value] of Object.entries(readObject(own(json, "answers"), pointer(at, "answers")))) {
    const here = pointer(pointer(at, "answers"), text);
    const question = parseQuestion(text);
    if (value === null) {
      said.set(text, undefined);
      continue;
    }
    const object = readObject(value, here);
    if (object.state === "damaged") said.set(text, readDamage(object, here));
    else if (question.kind === "manifest" || question.kind === "blob") {
      const answer: Answer = readAnswer("key", object, here);
      if (answer.state !== "present") {
        said.set(text, answer);
        continue;
      }
      const digest = String(answer.value);
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw malformed("a digest that none of the blobs has", pointer(here, "value"));
      used.add(digest);
      said.set(text, { ...answer, value: bytes });
    } else if (question.kind === "cluster" && typeof object.value === "string")
      said.set(
        text,
        readAnswer(
          "cluster",
          { ...object, value: parseJson(object.value, { limits, maxBytes: limits.recordBytes }) },
          here,
        ),
      );
    else said.set(text, readAnswer(question.kind, object, here) as Answer);
  }
  for (const digest of blobs.keys())
    if (!used.has(digest)) throw malformed("a blob that is no answer's", pointer(pointer(at, "blobs"), digest));
  return said;
}

const malformed = (message: string, subject: string): EngineError => new EngineError("malformed", message, { subject });

function readBlobs(json: JsonValue | undefined, at: string): ReadonlyMap<string, Uint8Array> {
  const blobs = new Map<string, Uint8Array>();
  for (const [digest, value] of Object.entries(readObject(json, at))) {
    const here = pointer(at, digest);
    const bytes = bytesOf(readString(value, here), here);
    if (digestOf(bytes) !== digest) throw malformed("a blob that does not have its digest", here);
    blobs.set(digest, bytes);
  }
  return blobs;
}

function bytesOf(text: string, at: string): Uint8Array {
  try {
    return decodeBase64(text);
  } catch (error) {
    throw new EngineError("malformed", "not base64", { subject: at, cause: error });
  }
}

function readDamage(object: JsonObject, at: string): EngineError {
  refuseUnknownKeys(object, new Set(["state", "code", "reason", "subject"]), at);
  const code = readString(object.code, pointer(at, "code"));
  if (!Object.hasOwn(codes, code)) throw malformed("not a code of this program", pointer(at, "code"));
  const subject = own(object, "subject");
  return new EngineError(code as ErrorCode, readString(object.reason, pointer(at, "reason")), {
    subject: subject === undefined ? undefined : readString(subject, pointer(at, "subject")),
  });
}
