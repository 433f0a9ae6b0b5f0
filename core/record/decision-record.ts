/**
 * The record of a decision: all that it was made of, and what it came to, as one file of canonical JSON. Its statement
 * can be signed, and covers every byte of the input. Source: docs/spec/record.md.
 */
import { type Digest, digestOf } from "../crypto/digest.ts";
import type { Decision } from "../decide/engine.ts";
import { toDecisionJson } from "../decide/result-json.ts";
import { encodeState } from "../decide/state-document.ts";
import { toVerifiedJson, type VerifiedOutcome } from "../decide/verified-json.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { withWellFormedTexts } from "../encoding/json-text.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { isObject, own } from "../encoding/shape.ts";
import { decodeUtf8, encodeUtf8 } from "../encoding/utf8.ts";
import type { Answer } from "../knowledge/answer.ts";
import type { Knowledge, SourceState } from "../knowledge/knowledge.ts";
import { parseQuestion } from "../knowledge/question.ts";
import { readsSecrets } from "../knowledge/secret-question.ts";
import { EngineError } from "../errors.ts";
import type { Pass } from "../kyverno/image/result.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import { encodeAnswers, readAnswers, type Said } from "./answers-document.ts";
import { encodeRequest } from "./request-document.ts";
import { type AskedVerification, encodeAsked } from "./verification.ts";

export const decisionPredicateType = "https://sallyport.dev/decision/v1";
export const recordFormat = 1;

/** What a decision was made of, as it was when it was made. Nothing is encoded yet: that can wait. */
export interface CapturedDecision {
  readonly ask: Ask;
  /** The reference time, RFC 3339. */
  readonly at: string;
  /** The result tree. */
  readonly result: () => JsonObject;
  readonly state: SourceState;
  readonly said: ReadonlyMap<string, Said>;
}

/** What was to be decided: a request, or one image without a policy. */
export type Ask =
  | { readonly request: AdmissionRequest; readonly pass?: Pass | undefined }
  | { readonly verification: AskedVerification };

/** To be called at the moment of the source at which it was decided: later it may say something else. */
export const captureDecision = (
  request: AdmissionRequest,
  decision: Decision,
  source: Knowledge,
  pass?: Pass,
): CapturedDecision => ({
  ask: { request, ...(pass === undefined ? {} : { pass }) },
  at: decision.at,
  result: () => toResultJson(decision),
  state: source.state?.() ?? {},
  said: readAnswers(decision.read, source),
});

/** The same of one image. `read`: the texts of all questions. */
export const captureVerification = (
  verification: AskedVerification,
  outcome: VerifiedOutcome,
  read: readonly string[],
  source: Knowledge,
): CapturedDecision => ({
  ask: { verification },
  at: outcome.now.toISOString(),
  result: () => ({ ...toVerifiedJson(outcome), read }),
  state: source.state?.() ?? {},
  said: readAnswers(read, source),
});

/** What records of one program and one engine have alike. */
export interface RecordPlace {
  /** As `encodeEngineDocument` writes it. */
  readonly engine: JsonObject;
  readonly version: string;
  /** Of the mirror, where that is known. */
  readonly contentId?: Digest | undefined;
}

/** Without what a Secret holds nobody could decide again. */
function refuseSecrets(said: ReadonlyMap<string, Said>): void {
  for (const [text, answer] of said)
    if (answer !== undefined && "state" in answer && answer.state === "present" && readsSecrets(parseQuestion(text)))
      throw new EngineError("unsupported", "it was decided by what a Secret holds, which is not recorded", {
        subject: text,
        remedy: "recorded-secret",
      });
}

/** @throws EngineError `unsupported` for a decision that read a Secret. */
export function encodeInput({ ask, at, state, said }: CapturedDecision, place: RecordPlace): JsonObject {
  const { engine, version, contentId } = place;
  refuseSecrets(said);
  return {
    at,
    version,
    engine,
    ...encodeAsk(ask),
    ...(contentId === undefined ? {} : { contentId }),
    state: encodeState(state),
    ...encodeAnswers(said),
  };
}

function encodeAsk(ask: Ask): JsonObject {
  if ("verification" in ask) return { verification: encodeAsked(ask.verification) };
  const { request, pass } = ask;
  return { request: encodeRequest(request), ...(pass === undefined ? {} : { pass }) };
}

/** The digest of a value's canonical JSON. */
const digestOfJson = (value: JsonValue): Digest => digestOf(encodeUtf8(encodeCanonicalJson(value)));

/** The bytes of a trusted root that an answer has. */
export function trustedRootDigest(answer: Said): Digest | undefined {
  if (answer === undefined || !("state" in answer) || answer.state !== "present") return undefined;
  const source = (answer as Answer<{ form: string; bytes?: Uint8Array; target?: Uint8Array }> & { state: "present" })
    .value;
  const bytes = source.bytes ?? source.target;
  return bytes === undefined ? undefined : digestOf(bytes);
}

/**
 * The statement about a decision: it follows from the input and the result tree, so that a replay makes it again.
 * `decided` is as JSON has it.
 */
export function toStatement(
  input: JsonObject,
  decided: JsonObject,
  { ask, said }: Pick<CapturedDecision, "ask" | "said">,
): JsonObject {
  // What is quoted of a long text can be cut within a sign.
  const result = withWellFormedTexts(decided);
  const roots = [...said].flatMap(([text, answer]): [string, Digest][] => {
    const question = parseQuestion(text);
    const digest = question.kind === "trusted-root" ? trustedRootDigest(answer) : undefined;
    return question.kind !== "trusted-root" || digest === undefined ? [] : [[question.name, digest]];
  });
  const resource = "request" in ask ? (ask.request.object ?? ask.request.oldObject) : undefined;
  const contentId = own(input, "contentId");
  return {
    _type: "https://in-toto.io/Statement/v1",
    predicateType: decisionPredicateType,
    subject: subjectsOf(result, digestOf(encodeUtf8(String(own(input, "request") ?? "")))),
    predicate: {
      format: recordFormat,
      engine: { version: own(input, "version") ?? "" },
      at: own(input, "at") ?? "",
      policies: digestOfJson(own(input, "engine") ?? null),
      ...(resource === undefined ? {} : { resource: digestOfJson(resource) }),
      ...(contentId === undefined ? {} : { mirror: { contentId } }),
      trustedRoots: Object.fromEntries(roots),
      input: digestOfJson(input),
      decision: result,
    },
  };
}

/** The images whose digests are known; where there is none, the request. */
function subjectsOf(result: JsonObject, request: Digest): readonly JsonValue[] {
  const images = new Map<string, JsonObject>();
  const { image: verified, digest } = result;
  if (typeof verified === "string" && typeof digest === "string")
    return [{ name: verified, digest: { sha256: digest.replace(/^sha256:/, "") } }];
  for (const rule of Array.isArray(result.results) ? (result.results as readonly JsonValue[]) : []) {
    const image = isObject(rule) ? own(rule, "image") : undefined;
    if (!isObject(image) || typeof image.digest !== "string" || typeof image.ref !== "string") continue;
    const sha256 = image.digest.replace(/^sha256:/, "");
    images.set(`${image.ref} ${sha256}`, { name: image.ref, digest: { sha256 } });
  }
  const subjects = [...images].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, subject]) => subject);
  return subjects.length > 0 ? subjects : [{ name: "request", digest: { sha256: request.replace("sha256:", "") } }];
}

/** A result tree as JSON has it: members without a value are not there. */
export const toResultJson = (decision: Decision): JsonObject =>
  JSON.parse(JSON.stringify(toDecisionJson(decision))) as JsonObject;

/** The envelope of a payload, as a signing key makes it. */
export type Sign = (payload: Uint8Array) => Uint8Array;

/** The file. @throws EngineError of the engine document and as `sign`. */
export function encodeRecord(captured: CapturedDecision, place: RecordPlace, sign?: Sign): string {
  const input = encodeInput(captured, place);
  const statement = toStatement(input, captured.result(), captured);
  if (sign === undefined) return encodeCanonicalJson({ input, statement });
  const envelope = sign(encodeUtf8(encodeCanonicalJson(statement)));
  return encodeCanonicalJson({ input, envelope: JSON.parse(decodeUtf8(envelope)) as JsonObject });
}
