/**
 * Deciding again from a record alone: no mirror, no network, no clock. What comes out is compared byte for byte with
 * what was recorded. Source: docs/spec/record.md#replay.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { createEngine, type Decision } from "../decide/engine.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import type { JsonObject } from "../encoding/json.ts";
import type { VerifiedOutcome } from "../decide/verified-json.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import { RecordedKnowledge } from "./answers-document.ts";
import { toResultJson, toStatement } from "./decision-record.ts";
import { verdicts } from "../decide/result-json.ts";
import { type AskedVerification, verifyAsked } from "./verification.ts";
import { type Difference, firstDifference } from "./first-difference.ts";
import type { DecisionRecord } from "./read-record.ts";

export interface Replay extends DecidedAgain {
  /** The statement as it would be recorded now. */
  readonly statement: JsonObject;
  /** Between what was recorded (left) and what was decided now (right). */
  readonly difference: Difference | undefined;
}

export interface DecidedAgain {
  readonly allowed: boolean;
  readonly result: JsonObject;
  readonly about: DecidedAbout;
}

/** A request that policies decided about, or an image that was verified without one. */
export type DecidedAbout =
  | { readonly request: AdmissionRequest; readonly decision: Decision }
  | { readonly asked: AskedVerification; readonly outcome: VerifiedOutcome };

/** Decides from other answers at another time, in place of those of the record. */
export interface InPlace {
  readonly knowledge: Knowledge;
  readonly at: Date;
}

/** Whether a result tree says that it is allowed, or that the image is verified. */
export const isAllowedBy = (result: JsonObject): boolean =>
  result.allowed === true || result.verdict === verdicts.proven;

/**
 * @throws EngineError when policies of the record cannot be compiled.
 */
export function decideAgain(record: DecisionRecord, crypto: SignatureVerifier, inPlace?: InPlace): DecidedAgain {
  const { engine, ask, state, said } = record;
  const knowledge = inPlace?.knowledge ?? new RecordedKnowledge(said, state);
  const now = inPlace?.at ?? record.at;
  if ("verification" in ask) {
    const host = { now, crypto, limits: engine.limits };
    const { outcome, result, read } = verifyAsked(ask.verification, engine, knowledge, host);
    return { allowed: isAllowedBy(result), result: { ...result, read }, about: { asked: ask.verification, outcome } };
  }
  const { request, pass } = ask;
  const decision = createEngine({ ...engine, crypto }).decide(
    request,
    knowledge,
    now,
    pass === undefined ? {} : { pass },
  );
  return { allowed: decision.allowed, result: toResultJson(decision), about: { request, decision } };
}

/** @throws EngineError as {@link decideAgain}. */
export function replay(record: DecisionRecord, crypto: SignatureVerifier): Replay {
  const decided = decideAgain(record, crypto);
  const statement = toStatement(record.input, decided.result, record);
  const same = encodeCanonicalJson(statement) === encodeCanonicalJson(record.statement);
  return { ...decided, statement, difference: same ? undefined : firstDifference(record.statement, statement) };
}
