/**
 * `sallyport replay`: decides again from records alone, or from today's mirror. Source: docs/spec/record.md#replay.
 */
import type { Command } from "commander";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { defaultTrustMode } from "../../core/trust/freshness.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Limits } from "../../core/limits.ts";
import { compareAnswers } from "../../core/record/compare-answers.ts";
import { type DecisionRecord, verifyRecord } from "../../core/record/read-record.ts";
import { decideAgain, isAllowedBy, replay } from "../../core/record/replay.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import { type ExitCode, exitOf, gravest } from "../exit-code.ts";
import { addCryptoOption, type CryptoOptions, readCrypto } from "../input/crypto-flag.ts";
import { parseTimeFlag } from "../input/knowledge.ts";
import { addLimitOptions, type LimitOptions, readLimits } from "../input/limit-flags.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { listRecordFiles, readRecordFile } from "../input/record-file.ts";
import { readSnapshotKey } from "../input/snapshot-flags.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { tellProblem, toProblem } from "../render/problem.ts";
import { type MadeOf, renderReplayed, type ReplayedRecord, toReplayedJson } from "../render/replay.ts";
import { tellAnswer } from "../render/say.ts";

interface ReplayOptions extends OutputOptions, LimitOptions, CryptoOptions {
  readonly key?: readonly string[];
  readonly store?: string;
  readonly at?: string;
}

interface Today {
  readonly knowledge: Knowledge;
  readonly at: Date;
}

function replayOne(
  file: string,
  {
    keys,
    today,
    limits,
    crypto,
    io,
  }: {
    keys: readonly PublicKey[] | undefined;
    today: Today | undefined;
    limits: Limits;
    crypto: SignatureVerifier;
    io: CommandIO;
  },
): ReplayedRecord {
  const record = readRecordFile(file, limits, io);
  const signedBy = keys === undefined ? undefined : signerOf(record, file, keys, crypto);
  const { ask, at, version, result, envelope, said, state } = record;
  const told = {
    file,
    ask,
    recorded: { at: at.toISOString(), allowed: isAllowedBy(result), version },
    isSigned: envelope !== undefined,
    signedBy,
  };
  const { allowed, difference, statement } = replay(record, crypto);
  const madeOf = madeOfRecord(record, statement);
  if (today === undefined) return { ...told, madeOf, allowed, difference };
  // What a record says of itself is compared with today only where it follows from the record.
  const now = decideAgain(record, crypto, today);
  return { ...told, madeOf, allowed: now.allowed, difference, changes: compareAnswers(said, state, today.knowledge) };
}

/** As it follows from the record's bytes, whatever its own statement says. */
function madeOfRecord({ engine, input }: DecisionRecord, statement: JsonObject): MadeOf {
  const { trust, aliases = [] } = engine.settings ?? {};
  const { contentId } = input;
  return {
    policies: String(isObject(statement.predicate) ? statement.predicate.policies : ""),
    trustMode: trust?.mode ?? defaultTrustMode,
    aliases: aliases.length,
    ...(typeof contentId === "string" ? { contentId } : {}),
  };
}

function signerOf(record: DecisionRecord, file: string, keys: readonly PublicKey[], crypto: SignatureVerifier): string {
  try {
    return verifyRecord(record, keys, crypto).fingerprint;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.code, error.message, { subject: file, cause: error, remedy: error.remedy });
  }
}

const exitOfReplayed = ({ difference, changes, allowed, recorded }: ReplayedRecord): ExitCode =>
  difference === undefined && (changes === undefined || allowed === recorded.allowed) ? 0 : 1;

/** Each record by itself: one that cannot be read does not keep the others from being replayed. */
function run(files: readonly string[], options: ReplayOptions, io: CommandIO): ExitCode {
  const limits = readLimits(options, io);
  const crypto = readCrypto(options, io);
  const keys = options.key?.map((file) => readSnapshotKey(file, io, "--key").key);
  const mirror = options.store === undefined ? undefined : openMirror(options.store, { mode: "read", limits });
  try {
    const at = options.at === undefined ? io.now() : parseTimeFlag(options.at, "--at");
    const today = mirror === undefined ? undefined : { knowledge: mirror.knowledge(), at };
    const exits: ExitCode[] = [];
    // A folder may hold more than fits into memory: only what is printed at the end is kept.
    const documents: ReturnType<typeof toReplayedJson>[] = [];
    const isDocument = isDocumentFormat(options.output);
    const errors: { readonly file: string; readonly error: EngineError }[] = [];
    for (const file of listRecordFiles(files, limits, io))
      try {
        const one = replayOne(file, { keys, today, limits, crypto, io });
        exits.push(exitOfReplayed(one));
        if (isDocument) documents.push(toReplayedJson(one));
        else tellAnswer(renderReplayed(one), io);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        errors.push({ file, error });
        tellProblem(toProblem(error, { hasSource: true, said: { command: "replay" } }), io);
      }
    const exitCode = gravest([...exits, ...errors.map(({ error }) => exitOf(error.code))]);
    if (isDocument)
      io.out(
        renderDocument(
          "ReplayResult",
          {
            exitCode,
            records: documents,
            errors: errors.map(({ file, error: { code, message } }) => ({ file, code, message })),
          },
          options.output,
        ),
      );
    return exitCode;
  } finally {
    mirror?.close();
  }
}

const help = `
A record holds all that a decision was made of: nothing else is read, no mirror,
no network and no clock.

Examples:
  sallyport replay records/d-7K2Q4M0A.json
  sallyport replay records --key recorder.pub
  sallyport replay records/d-7K2Q4M0A.json --store mirror

Exit codes: 0 the same decision; 1 another one, or with --store another verdict;
  2 wrong usage; 6 a record is damaged, or not signed by one of the keys;
  12 a record was decided with a bound that is not allowed here
`;

export function define(command: Command, { io, finish }: Shell): void {
  command
    .argument("<record...>", "files that --record wrote, or folders of them")
    .option("--key <file>", "a public key that signs records: others are refused (repeatable)", collect)
    .option("--store <dir>", "decide from this mirror as it is today, and show what changed")
    .option("--at <time>", "with --store: judge as if it were this time (RFC 3339)");
  addCryptoOption(addLimitOptions(command))
    .addOption(outputOption())
    .addHelpText("after", help)
    .action((files: readonly string[], options: ReplayOptions) => finish(run(files, options, io)));
}
