/**
 * Deciding again from a record alone: no mirror, no network, no clock. What comes out is compared byte for byte with
 * what was recorded. Source: docs/spec/record.md#replay.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { createEngine, type Decision } from "../decide/engine.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import type { JsonObject } from "../encoding/json.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { RecordedKnowledge } from "./answers-document.ts";
import { toResultJson, toStatement } from "./decision-record.ts";
import { type Difference, firstDifference } from "./first-difference.ts";
import type { DecisionRecord } from "./read-record.ts";

export interface Replay {
  readonly decision: Decision;
  /** The statement as it would be recorded now. */
  readonly statement: JsonObject;
  /** Between what was recorded (left) and what was decided now (right). */
  readonly difference: Difference | undefined;
}

/** Decides from other answers at another time, in place of those of the record. */
export interface InPlace {
  readonly knowledge: Knowledge;
  readonly at: Date;
}

/** @throws EngineError when policies of the record cannot be compiled. */
export function decideAgain(record: DecisionRecord, crypto: SignatureVerifier, inPlace?: InPlace): Decision {
  const { engine, request, pass, state, said, at } = record;
  const knowledge = inPlace?.knowledge ?? new RecordedKnowledge(said, state);
  return createEngine({ ...engine, crypto }).decide(
    request,
    knowledge,
    inPlace?.at ?? at,
    pass === undefined ? {} : { pass },
  );
}

/** @throws EngineError as {@link decideAgain}. */
export function replay(record: DecisionRecord, crypto: SignatureVerifier): Replay {
  const decision = decideAgain(record, crypto);
  const statement = toStatement(record.input, toResultJson(decision), record);
  const same = encodeCanonicalJson(statement) === encodeCanonicalJson(record.statement);
  return { decision, statement, difference: same ? undefined : firstDifference(record.statement, statement) };
}
