/**
 * A capsule of a mirror: for each image of a list everything that a sync would ask with these policies, as far as the
 * mirror has it. Source: docs/spec/capsule.md#making.
 */
import { type Capsule, mostCapsuleSequence } from "../../core/capsule/open-capsule.ts";
import {
  type CapsuleAnswer,
  toCapsuleAnswer,
  writeCapsule,
  type WrittenCapsule,
} from "../../core/capsule/write-capsule.ts";
import type { EngineInput } from "../../core/decide/engine-document.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { type Question, questionText } from "../../core/knowledge/question.ts";
import { nodeVerifier } from "../host/node-verifier.ts";
import type { Limits } from "../../core/limits.ts";
import { type Coverage, coverageOf } from "../sync/coverage.ts";
import { ImageClosure, type SyncImage } from "../sync/image-closure.ts";
import { createSyncEngine } from "../sync/sync-engine.ts";

export interface CapsuleRequest {
  readonly engine: EngineInput;
  readonly images: readonly SyncImage[];
  readonly knowledge: Knowledge;
  readonly now: Date;
  readonly limits: Limits;
}

export interface CoveredImage {
  readonly image: SyncImage;
  readonly coverage: Coverage;
}

/** What a capsule will have, before it is written. */
export interface CapsulePlan {
  readonly images: readonly CoveredImage[];
  readonly answers: readonly CapsuleAnswer[];
}

export const isMissing = ({ coverage }: CoveredImage): boolean =>
  coverage.missing.length > 0 || coverage.verdict === "absent";

/** @throws EngineError when a policy cannot be compiled, and of a damaged mirror. */
export function planCapsule({ engine: input, images, knowledge, now, limits }: CapsuleRequest): CapsulePlan {
  const engine = createSyncEngine({ ...input, crypto: nodeVerifier, limits });
  const questions = new Map<string, Question>();
  const covered = images.map((image): CoveredImage => {
    const closure = new ImageClosure(image, { engine, limits }).attempt(knowledge, now);
    for (const [text, question] of closure.read) questions.set(text, question);
    return { image, coverage: coverageOf(image, { engine, limits }, knowledge, now, closure) };
  });
  const answers = new Map<string, CapsuleAnswer>();
  for (const question of questions.values()) {
    const answer = knowledge.answer(question);
    if (answer === undefined || answer.state === "unavailable") continue;
    const made = toCapsuleAnswer(question, answer);
    answers.set(questionText(question), made);
  }
  return { images: covered, answers: byKey([...answers.values()]) };
}

/** Two spellings of a repository are one question. */
const byKey = (answers: readonly CapsuleAnswer[]): readonly CapsuleAnswer[] => [
  ...new Map(answers.map((answer) => [answer.entry.key, answer])).values(),
];

export interface CapsuleIdentity {
  readonly sequence: number;
  /** The capsule before. */
  readonly previous?: Capsule | undefined;
  /** Whether it has only what changed since that. */
  readonly isDelta: boolean;
  readonly sign: (payload: Uint8Array) => Uint8Array;
  readonly report: JsonObject;
}

/** @throws EngineError `over-limit` */
export function makeCapsule(
  { engine, images, knowledge, now, limits }: CapsuleRequest,
  { answers }: CapsulePlan,
  { sequence, previous, isDelta, sign, report }: CapsuleIdentity,
): WrittenCapsule {
  if (previous !== undefined && sequence <= previous.sequence)
    throw new EngineError("archive-sequence", `number ${sequence} after capsule ${previous.sequence}`, {
      subject: "--sequence",
    });
  if (sequence > mostCapsuleSequence)
    throw new EngineError("invalid-usage", `the highest number of a capsule is ${mostCapsuleSequence}`, {
      subject: "--sequence",
    });
  return writeCapsule({
    sequence,
    created: now.toISOString(),
    ...(previous === undefined ? {} : { previous: previous.digest }),
    ...(previous === undefined || !isDelta ? {} : { base: baseOf(previous) }),
    document: { engine, state: knowledge.state?.() ?? {}, images: images.map(({ text }) => text) },
    coverage: encodeUtf8(encodeCanonicalJson(report)),
    answers,
    sign,
    limits,
  });
}

const baseOf = (capsule: Capsule) => ({
  sequence: capsule.sequence,
  statement: capsule.digest,
  contentId: capsule.statement.contentId,
  has: (digest: Parameters<Capsule["find"]>[0]) => capsule.find(digest) !== undefined,
});
