/**
 * Reading the record of a decision. It may come from anybody: it is bounded, its bytes are the one spelling of what it
 * says, and what it says of itself fits together. Source: docs/spec/record.md#reading.
 */
import { corruptArchive, readingArchive } from "../archive/corrupt.ts";
import { encodeSignedStatement, verifySignedStatement } from "../archive/verify-envelope.ts";
import { digestOf, isDigest } from "../crypto/digest.ts";
import type { PublicKey } from "../crypto/public-key.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { type EngineInput, readEngineDocument } from "../decide/engine-document.ts";
import { readState } from "../decide/state-document.ts";
import { type Envelope, inTotoPayloadType, parseEnvelope } from "../dsse/envelope.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { parseInstant } from "../encoding/instant.ts";
import { type JsonObject, parseJson } from "../encoding/json.ts";
import { own, readArray, readInteger, readObject, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { decodeUtf8, encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { SourceState } from "../knowledge/knowledge.ts";
import type { Limits } from "../limits.ts";
import { parseAnswers, type Said } from "./answers-document.ts";
import { type Ask, decisionPredicateType, recordFormat } from "./decision-record.ts";
import { parseRequest } from "./request-document.ts";
import { readAsked } from "./verification.ts";

export interface DecisionRecord {
  /** The document that the rest was read from. */
  readonly input: JsonObject;
  readonly engine: EngineInput & { readonly limits: Limits };
  readonly ask: Ask;
  /** The reference time. */
  readonly at: Date;
  /** Of the program that decided. */
  readonly version: string;
  readonly state: SourceState;
  readonly said: ReadonlyMap<string, Said>;
  readonly statement: JsonObject;
  /** The result tree that was recorded. */
  readonly result: JsonObject;
  /** Absent where nobody signed it. */
  readonly envelope: Envelope | undefined;
}

const subject = "record";

/**
 * @throws EngineError `archive-corrupt` for what is no record or was changed, `over-limit`; `unsupported` for one of a
 * later program.
 */
export function parseRecord(bytes: Uint8Array, limits: Limits): DecisionRecord {
  if (bytes.length > limits.recordBytes)
    throw new EngineError("over-limit", `a record of more than ${limits.recordBytes} bytes`, { subject });
  return readingArchive(subject, () => {
    const file = readObject(parseJson(bytes, { limits, maxBytes: limits.recordBytes, subject }), "");
    if (encodeCanonicalJson(file) !== decodeUtf8(bytes)) throw corruptArchive("not in its one spelling", subject);
    refuseUnknownKeys(file, new Set(["input", "statement", "envelope"]), "");
    const envelope = own(file, "envelope");
    const plain = own(file, "statement");
    if ((envelope === undefined) === (plain === undefined))
      throw corruptArchive("either a statement or an envelope", subject);
    const signed = envelope === undefined ? undefined : readEnvelope(readObject(envelope, "/envelope"), limits);
    const statement =
      signed === undefined
        ? readObject(plain, "/statement")
        : readObject(parseJson(signed.payload, { limits, maxBytes: limits.recordBytes, subject }), "");
    const predicate = readPredicate(statement);
    const document = readObject(file.input, "/input");
    if (predicate.input !== digestOf(encodeUtf8(encodeCanonicalJson(document))))
      throw corruptArchive("the input does not have the digest that the statement names", subject);
    const input = readInput(document, limits);
    const result = readObject(predicate.decision, "/predicate/decision");
    requireRead(input.said, result);
    return { ...input, statement, result, envelope: signed };
  });
}

/** An answer that nobody read would stand in the record, and in its statement, as if a decision rested on it. */
function requireRead(said: DecisionRecord["said"], result: JsonObject): void {
  const read = new Set(readArray(result.read, "/predicate/decision/read"));
  for (const question of said.keys())
    if (!read.has(question)) throw corruptArchive(`an answer that was not read: ${question}`, subject);
}

/** One signature, in its one spelling. */
function readEnvelope(json: JsonObject, limits: Limits): Envelope {
  const text = encodeCanonicalJson(json);
  const envelope = parseEnvelope(text, { ...limits, blobBytes: limits.recordBytes, jsonBytes: limits.recordBytes });
  const [first] = envelope.signatures;
  if (envelope.signatures.length !== 1 || first === undefined || envelope.payloadType !== inTotoPayloadType)
    throw corruptArchive("not an envelope of one signature", subject);
  if (decodeUtf8(encodeSignedStatement(envelope.payload, first.keyid ?? "", first.sig)) !== text)
    throw corruptArchive("an envelope that is not in its one spelling", subject);
  return envelope;
}

function readPredicate(statement: JsonObject): JsonObject {
  const type = readString(statement.predicateType, "/predicateType");
  if (type !== decisionPredicateType)
    throw corruptArchive(`a statement of type ${JSON.stringify(type.slice(0, 128))}`, subject);
  const predicate = readObject(statement.predicate, "/predicate");
  const format = readInteger(predicate.format, "/predicate/format");
  if (format !== recordFormat)
    throw new EngineError("unsupported", `a record of format ${format}, this program reads ${recordFormat}`, {
      subject,
    });
  return predicate;
}

const inputKeys: ReadonlySet<string> = new Set([
  ...["at", "version", "engine", "request", "pass", "verification", "contentId", "state", "answers", "blobs"],
]);

function readInput(input: JsonObject, limits: Limits): Omit<DecisionRecord, "statement" | "result" | "envelope"> {
  refuseUnknownKeys(input, inputKeys, "/input");
  const contentId = own(input, "contentId");
  if (contentId !== undefined && !isDigest(readString(contentId, "/input/contentId")))
    throw new EngineError("malformed", "not a digest", { subject: "/input/contentId" });
  return {
    input,
    engine: readEngineDocument(input.engine, "/input/engine", limits),
    ask: readAsk(input, limits),
    at: parseInstant(readString(input.at, "/input/at"), "/input/at"),
    version: readString(input.version, "/input/version"),
    state: readState(input.state, "/input/state"),
    said: parseAnswers(input, "/input", limits),
  };
}

function readAsk(input: JsonObject, limits: Limits): Ask {
  const verification = own(input, "verification");
  const pass = own(input, "pass");
  if (pass !== undefined && pass !== "mutate" && pass !== "validate")
    throw new EngineError("malformed", "neither mutate nor validate", { subject: "/input/pass" });
  if (verification === undefined)
    return {
      request: parseRequest(readString(own(input, "request"), "/input/request"), "/input/request", limits),
      ...(pass === undefined ? {} : { pass }),
    };
  if (own(input, "request") !== undefined || pass !== undefined)
    throw new EngineError("malformed", "either a request or a verification", { subject: "/input/verification" });
  return { verification: readAsked(verification, "/input/verification") };
}

/**
 * Who signed the record, one of `keys`.
 * @throws EngineError `archive-signature`
 */
export function verifyRecord(
  { envelope }: DecisionRecord,
  keys: readonly PublicKey[],
  verifier: SignatureVerifier,
): PublicKey {
  if (envelope === undefined)
    throw new EngineError("archive-signature", "nobody signed it", { subject, remedy: "record-unsigned" });
  const { key } = verifySignedStatement(envelope, keys, verifier, subject);
  if (envelope.signatures[0]?.keyid !== key.fingerprint)
    throw new EngineError("archive-signature", `${key.fingerprint} signed it, and it names another key`, { subject });
  return key;
}
