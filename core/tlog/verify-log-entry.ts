/**
 * Verification of log entries: what an entry records, by which log, with which proof. Source: Sigstore client
 * specification §Transparency, Rekor v1 and v2.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { isWithin, type ValidityPeriod } from "../encoding/instant.ts";
import { type JsonObject, parseJson } from "../encoding/json.ts";
import { member, readObject, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { parseCheckpoint, signedTimeOf, verifyRekorV1Checkpoint } from "./checkpoint.ts";
import { hashLeaf, verifyInclusion } from "./inclusion-proof.ts";
import type { EntryLayout, LogEntry, LoggedSignature } from "./log-entry.ts";
import { bindDsse } from "./rekor-v1/dsse.ts";
import { bindHashedRekord } from "./rekor-v1/hashedrekord.ts";
import { bindInToto001, bindInToto002 } from "./rekor-v1/intoto.ts";
import { bindRekord } from "./rekor-v1/rekord.ts";
import { bindHashedRekord002, verifyRekorV2Inclusion } from "./rekor-v2.ts";
import { matchEntryTimestamp } from "./signed-entry-timestamp.ts";
import type { TransparencyLogKey } from "./transparency-log-key.ts";

/** What a log entry proves. */
export interface VerifiedLogEntry {
  readonly logId: string;
  readonly logIndex: bigint;
  /**
   * The time that the signed entry timestamp vouches for; absent without one. A caller that needs a time and has none
   * must take a timestamp.
   */
  readonly at?: Date;
  /** The time that the log signed on the checkpoint of the proof: nothing but how late it is, at least. */
  readonly checkpointAt?: Date;
  /** The checkpoint of the proof, a signed note that the log's key verifies. */
  readonly checkpoint?: string;
  readonly provenBy: readonly ("set" | "inclusion")[];
  /** Host of the log, where it is known. */
  readonly origin?: string;
  readonly kind: string;
  readonly version: string;
  /** 2: the entry has no time, and timestamps of its signature must lie in `logValidFor`. */
  readonly rekor: 1 | 2;
  /** When the log's key is trusted. */
  readonly logValidFor: ValidityPeriod;
}

/** The signature's container, which decides the form of its entry. */
export interface EntryOptions {
  readonly layout: EntryLayout;
  readonly limits: Limits;
}

type Binder = (spec: JsonObject, logged: LoggedSignature, layout: EntryLayout, limits: Limits) => void;

const kinds: ReadonlyMap<string, { readonly rekor: 1 | 2; readonly bind: Binder }> = new Map<
  string,
  { rekor: 1 | 2; bind: Binder }
>([
  ["hashedrekord 0.0.1", { rekor: 1, bind: bindHashedRekord }],
  ["rekord 0.0.1", { rekor: 1, bind: bindRekord }],
  ["dsse 0.0.1", { rekor: 1, bind: bindDsse }],
  ["intoto 0.0.1", { rekor: 1, bind: bindInToto001 }],
  ["intoto 0.0.2", { rekor: 1, bind: bindInToto002 }],
  ["hashedrekord 0.0.2", { rekor: 2, bind: bindHashedRekord002 }],
]);

const bodyKeys: ReadonlySet<string> = new Set(["apiVersion", "kind", "spec"]);

interface EntryBody {
  readonly kind: string;
  readonly version: string;
  readonly rekor: 1 | 2;
  readonly spec: JsonObject;
  readonly bind: Binder;
}

function parseBody(entry: LogEntry, limits: Limits): EntryBody {
  const object = readObject(
    parseJson(entry.body, { maxBytes: limits.blobBytes, subject: "log entry body", limits }),
    "",
  );
  refuseUnknownKeys(object, bodyKeys, "");
  const kind = readString(member(object, "kind"), "/kind");
  const version = readString(member(object, "apiVersion"), "/apiVersion");
  const row = kinds.get(`${kind} ${version}`);
  if (row === undefined)
    throw new EngineError(
      "bad-log-proof",
      `entries of kind ${JSON.stringify(`${kind} ${version}`.slice(0, 64))} are not supported`,
      { subject: "/kind" },
    );
  if (entry.kindVersion !== undefined && (entry.kindVersion.kind !== kind || entry.kindVersion.version !== version)) {
    throw new EngineError(
      "bad-log-proof",
      `declared as ${JSON.stringify(`${entry.kindVersion.kind} ${entry.kindVersion.version}`.slice(0, 64))}, ` +
        `is ${kind} ${version}`,
      { subject: "/kind" },
    );
  }
  return { kind, version, ...row, spec: readObject(member(object, "spec"), "/spec") };
}

// The last second of year 9999.
const lastSecond = 253_402_300_799n;

function integratedTime(entry: LogEntry): Date | undefined {
  const seconds = entry.integratedTime ?? 0n;
  if (seconds < 0n || seconds > lastSecond) throw new EngineError("malformed", "integrated time out of range");
  return seconds === 0n ? undefined : new Date(Number(seconds) * 1000);
}

/** A time that nothing signs establishes nothing, but one that contradicts the certificate refutes the entry. */
function requireUnsignedTime(at: Date | undefined, logged: LoggedSignature): void {
  if (at === undefined || !("certificate" in logged.verifier)) return;
  const { notBefore, notAfter } = logged.verifier.certificate;
  if (!isWithin({ start: notBefore, end: notAfter }, at))
    throw new EngineError(
      "certificate-not-valid-then",
      `integrated at ${at.toISOString()}, outside the certificate's validity`,
    );
}

function verifyRekorV1Inclusion(
  entry: LogEntry,
  log: TransparencyLogKey,
  verifier: SignatureVerifier,
  limits: Limits,
): Date | undefined {
  const proof = entry.inclusionProof;
  if (proof === undefined) return undefined;
  const checkpoint = parseCheckpoint(proof.checkpoint, limits);
  verifyRekorV1Checkpoint(checkpoint, log.publicKey, verifier);
  if (proof.treeSize !== checkpoint.treeSize || !equalBytes(proof.rootHash, checkpoint.rootHash))
    throw new EngineError("bad-log-proof", "proof and checkpoint disagree about the tree");
  verifyInclusion(
    { leafIndex: proof.logIndex, treeSize: checkpoint.treeSize, path: proof.hashes },
    hashLeaf(entry.body),
    checkpoint.rootHash,
  );
  return signedTimeOf(checkpoint);
}

/**
 * An entry that proves nothing here, without refuting anything: its log is not trusted, or its promise does not hold.
 */
interface UnusableEntry {
  readonly unusable: string;
}

/** Signed or not, a time at which the log's key was not valid is none that the log gave. */
const outOfService = (at: Date | undefined, log: TransparencyLogKey): UnusableEntry | undefined =>
  at === undefined || isWithin(log.validFor, at)
    ? undefined
    : { unusable: `integrated at ${at.toISOString()}, when the log's key was not valid` };

const unknownLog = (entry: LogEntry): UnusableEntry => ({ unusable: `log ${entry.logId} is not trusted` });

function checkRekorV1(
  entry: LogEntry,
  body: EntryBody,
  logged: LoggedSignature,
  logs: readonly TransparencyLogKey[],
  verifier: SignatureVerifier,
  options: EntryOptions,
): VerifiedLogEntry | UnusableEntry {
  const log = logs.find((candidate) => candidate.logId === entry.logId);
  if (log === undefined) return unknownLog(entry);
  const promised = entry.inclusionPromise !== undefined;
  if (!promised && entry.inclusionProof === undefined)
    throw new EngineError("bad-log-proof", "an entry with neither inclusion promise nor proof");
  const at = integratedTime(entry);
  if (promised && !matchEntryTimestamp(entry, log.publicKey, verifier))
    return { unusable: "signed entry timestamp does not verify" };
  const untimely = outOfService(at, log);
  if (untimely !== undefined) return untimely;
  const checkpointAt = verifyRekorV1Inclusion(entry, log, verifier, options.limits);
  body.bind(body.spec, logged, options.layout, options.limits);
  if (!promised) requireUnsignedTime(at, logged);
  const provenBy = [
    ...(promised ? (["set"] as const) : []),
    ...(entry.inclusionProof === undefined ? [] : (["inclusion"] as const)),
  ];
  const verified = toVerified(entry, body, log, provenBy);
  if (promised && at !== undefined) verified.at = at;
  if (checkpointAt !== undefined) verified.checkpointAt = checkpointAt;
  return verified;
}

function checkRekorV2(
  entry: LogEntry,
  body: EntryBody,
  logged: LoggedSignature,
  logs: readonly TransparencyLogKey[],
  verifier: SignatureVerifier,
  options: EntryOptions,
): VerifiedLogEntry | UnusableEntry {
  if (options.layout === "layer")
    throw new EngineError("bad-log-proof", "a layer's log entry cannot be one of Rekor v2");
  if (entry.inclusionPromise !== undefined)
    return { unusable: "a signed entry timestamp, which Rekor v2 does not make" };
  const log = verifyRekorV2Inclusion(entry, logs, verifier, options.limits);
  if (log === undefined) return unknownLog(entry);
  const at = integratedTime(entry);
  const untimely = outOfService(at, log);
  if (untimely !== undefined) return untimely;
  body.bind(body.spec, logged, options.layout, options.limits);
  requireUnsignedTime(at, logged);
  return toVerified(entry, body, log, ["inclusion"]);
}

/** Field by field: to spread an object of this size costs more than all else here. */
function toVerified(
  { logId, logIndex, inclusionProof }: LogEntry,
  { kind, version, rekor }: EntryBody,
  { validFor, origin }: TransparencyLogKey,
  provenBy: VerifiedLogEntry["provenBy"],
): { -readonly [Name in keyof VerifiedLogEntry]: VerifiedLogEntry[Name] } {
  const verified: ReturnType<typeof toVerified> = {
    logId,
    logIndex,
    kind,
    version,
    rekor,
    logValidFor: validFor,
    provenBy,
  };
  if (origin !== undefined) verified.origin = origin;
  if (inclusionProof !== undefined) verified.checkpoint = inclusionProof.checkpoint;
  return verified;
}

function checkEntry(
  entry: LogEntry,
  logged: LoggedSignature,
  logs: readonly TransparencyLogKey[],
  verifier: SignatureVerifier,
  options: EntryOptions,
): VerifiedLogEntry | UnusableEntry {
  const body = parseBody(entry, options.limits);
  return (body.rekor === 1 ? checkRekorV1 : checkRekorV2)(entry, body, logged, logs, verifier, options);
}

/**
 * Proves that `entry` is in one of `logs` and is about `logged`. Everything the entry brings must hold: with a promise
 * and a proof, both.
 *
 * @throws EngineError `bad-log-proof` for an unknown log, a proof that does not hold or an entry about something else,
 * `malformed`,
 *   `certificate-not-valid-then` when an unsigned integrated time lies outside the certificate's validity.
 */
export function verifyLogEntry(
  entry: LogEntry,
  logged: LoggedSignature,
  logs: readonly TransparencyLogKey[],
  verifier: SignatureVerifier,
  options: EntryOptions,
): VerifiedLogEntry {
  const outcome = checkEntry(entry, logged, logs, verifier, options);
  if ("unusable" in outcome) throw new EngineError("bad-log-proof", outcome.unusable);
  return outcome;
}

/**
 * Whether the entry says that it is about `logged`; nothing is proven by that.
 * @throws EngineError `bad-log-proof` for an entry about something else, `malformed`, `over-limit`.
 */
export function requireRecord(entry: LogEntry, logged: LoggedSignature, { layout, limits }: EntryOptions): void {
  const { bind, spec } = parseBody(entry, limits);
  bind(spec, logged, layout, limits);
}

/**
 * The entries among `entries` that are proven, at least one, of which each log gives any number: count their distinct
 * log ids. An entry of an unknown log, or whose promise does not hold, is skipped if another one is good; any other
 * fault refutes all.
 *
 * @throws EngineError `no-log-proof` when there are none, `over-limit`, and as {@link verifyLogEntry}.
 */
export function verifyLogEntries(
  entries: readonly LogEntry[],
  logged: LoggedSignature,
  logs: readonly TransparencyLogKey[],
  verifier: SignatureVerifier,
  options: EntryOptions,
): readonly VerifiedLogEntry[] {
  if (entries.length === 0) throw new EngineError("no-log-proof", "the signature carries no log entry");
  if (entries.length > options.limits.logEntries)
    throw new EngineError("over-limit", `${entries.length} log entries, at most ${options.limits.logEntries} are read`);
  if (entries.length > 1 && new Set(entries.map((entry) => `${entry.logId} ${entry.logIndex}`)).size !== entries.length)
    throw new EngineError("bad-log-proof", "one log entry twice");
  const outcomes = entries.map((entry) => checkEntry(entry, logged, logs, verifier, options));
  const proven = outcomes.filter((outcome): outcome is VerifiedLogEntry => !("unusable" in outcome));
  if (proven.length === 0)
    throw new EngineError(
      "bad-log-proof",
      outcomes.map((outcome) => ("unusable" in outcome ? outcome.unusable : "")).join("; "),
    );
  return proven;
}
