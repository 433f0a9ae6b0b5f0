/**
 * Proves that a transparency log records the signature: by entries that it carries, or by entries asked of the log.
 * Source: docs/spec/sigstore.md#signed-entry-timestamp, #inclusion-proof-and-checkpoint,
 * docs/spec/outcomes.md#what-a-silent-policy-requires.
 */
import { ask } from "../knowledge/ask.ts";
import type { SignedContent } from "../cosign/signed-entity.ts";
import { sha256 } from "../crypto/digest.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { encodeHex } from "../encoding/hex.ts";
import { isWithin } from "../encoding/instant.ts";
import { EngineError } from "../errors.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Question } from "../knowledge/question.ts";
import type { EntryLayout, LogEntry, LoggedSignature } from "../tlog/log-entry.ts";
import { parseRekorApiEntries } from "../tlog/rekor-v1/api-entry.ts";
import type { TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import { requireRecord, type VerifiedLogEntry, verifyLogEntries, verifyLogEntry } from "../tlog/verify-log-entry.ts";
import { attempt } from "./attempt.ts";
import type { Limits } from "../limits.ts";

export interface ProvenEntry extends VerifiedLogEntry {
  readonly from: "carried" | "asked";
}

/** The means to verify entries. */
export interface LogProof {
  readonly logged: LoggedSignature;
  readonly layout: EntryLayout;
  readonly logs: readonly TransparencyLogKey[];
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

/** @throws EngineError as `verifyLogEntries` */
export const proveCarriedEntries = (
  entries: readonly LogEntry[],
  { logged, layout, logs, verifier, limits }: LogProof,
): readonly ProvenEntry[] =>
  verifyLogEntries(entries, logged, logs, verifier, { layout, limits }).map(
    (entry): ProvenEntry => Object.assign(entry, { from: "carried" as const }),
  );

export type LogEntryQuestion = Extract<Question, { kind: "log-entry" }>;

/**
 * The question for the entries of a layer that carries none. `hash` is `sha256:` and the hexadecimal SHA-256 of the
 * stored layer, the key of Rekor's index.
 */
export function logEntryQuestion(log: string, content: SignedContent): LogEntryQuestion | undefined {
  const layer =
    content.kind === "simple-signing" ? content.payload : content.kind === "dsse" ? content.envelopeBytes : undefined;
  return layer === undefined ? undefined : { kind: "log-entry", log, hash: `sha256:${encodeHex(sha256(layer))}` };
}

/**
 * Proves the signature by the log's answer: one of its entries for the layer must record this signature. Anybody may
 * log other signatures of the same layer, so entries of those are as good as none. Where there is nothing to check an
 * entry with, it says that the signature carries none, too.
 * @throws EngineError `no-log-proof` when the log has no entry of this signature, `bad-log-proof`, `malformed`,
 * `over-limit`, and an outage code without an answer.
 */
export function proveAskedEntry(question: LogEntryQuestion, knowledge: Knowledge, proof: () => LogProof): ProvenEntry {
  const asked = attempt(() => ask(knowledge, question));
  if (!asked.ok) {
    const means = attempt(proof);
    throw means.ok ? asked.error : lacksBoth(asked.error, means.error);
  }
  const answer = asked.value;
  if (answer.state === "absent")
    throw new EngineError("no-log-proof", `${answer.from} has no entry for this signature`, { subject: question.hash });
  const { logged, layout, logs, verifier, limits } = proof();
  const options = { layout, limits };
  const entries = parseRekorApiEntries(answer.value.json, limits);
  let first: EngineError | undefined;
  for (const entry of entries) {
    const outcome = attempt(() => verifyLogEntry(entry, logged, logs, verifier, options));
    if (outcome.ok) return { ...outcome.value, from: "asked" };
    const isOurs = (): boolean => attempt(() => requireRecord(entry, logged, options)).ok;
    if (first === undefined && isOurs()) first = outcome.error;
  }
  throw (
    first ??
    new EngineError(
      "no-log-proof",
      `none of ${answer.from}'s entries of the signed content (${entries.length}) is of this signature`,
      { subject: question.hash },
    )
  );
}

/** The code is that of what an entry would be checked with: with that alone the log is asked. */
const lacksBoth = (entry: EngineError, means: EngineError): EngineError =>
  new EngineError(means.code, `${entry.message}; ${means.message}`, {
    subject: means.subject,
    cause: means,
    remedy: "log-entry",
  });

/**
 * A log without times of its own must have been in service at every time that a timestamp gives for the signature.
 * @throws EngineError `bad-log-proof`
 */
export function requireLogInService(entries: readonly ProvenEntry[], times: readonly Date[]): void {
  for (const entry of entries) {
    if (entry.at === undefined && !times.every((time) => isWithin(entry.logValidFor, time)))
      throw new EngineError("bad-log-proof", "the log was not in service when the signature was made", {
        subject: entry.logId,
      });
  }
}
