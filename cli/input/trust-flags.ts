/**
 * Flags for the TUF root, where trust begins, and for how old TUF metadata may be: Kyverno's `--tufRoot` and
 * `--tufMirror`, and ours. Source: docs/spec/offline.md#time-and-freshness.
 */
import { type Command, Option } from "commander";
import { decodeWrappedBase64 } from "../../core/encoding/base64.ts";
import { findSpan, longestAge, spanText } from "../../core/encoding/units.ts";
import { EngineError } from "../../core/errors.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import type { AgeBudget } from "../../core/trust/age-budget.ts";
import { type TrustMode, trustModes, trustWords } from "../../core/trust/freshness.ts";
import type { TrustSettings } from "../../core/trust/tuf-verifier.ts";
import { parseRoot } from "../../core/tuf/root.ts";
import type { CommandIO } from "../command.ts";
import { fromEnvironment, orVariable, type VariableName } from "../environment.ts";
import { asGiven, aTufRoot, usage } from "./given-file.ts";
import { note } from "../render/say.ts";

export const defaultTrustName = "public-good";

/** The flags of {@link addTrustOptions}, as commander gives them. */
export interface TrustOptions {
  readonly trust?: string;
  readonly tufRoot?: string;
  /** Of a configuration: its text in base64. */
  readonly tufRootRaw?: string;
  readonly tufMirror?: string;
  readonly trustMode?: TrustMode;
  /** Of a configuration, which was read already: milliseconds. */
  readonly maxTrustAge?: string | number;
  readonly warnTrustAge?: string | number;
  readonly maxMirrorAge?: string | number;
  readonly warnMirrorAge?: string | number;
  readonly maxCheckpointAge?: string | number;
  readonly warnCheckpointAge?: string | number;
  readonly trustDigest?: string;
}

export const addTrustOptions = (command: Command): Command =>
  command
    .option("--trust <name>", "the trusted root for policies that name none (default: public-good)")
    .option("--tufRoot <file>", `the TUF root from which its metadata is verified ${orVariable("SALLYPORT_TUF_ROOT")}`)
    .option(
      "--tufMirror <dir>",
      "a folder of TUF metadata, in place of the mirror's; for a URL, run sallyport trust update",
    )
    .addOption(new Option("--enableTuf", "as --tufRoot").hideHelp())
    .addOption(new Option("--trust-mode <mode>", `${trustWords.mode} (default: budget)`).choices(trustModes))
    .option("--max-trust-age <span>", `${trustWords.maxAge} (default: 90d)`)
    .option("--warn-trust-age <span>", `${trustWords.warnAge} (default: 7d)`)
    .option("--max-mirror-age <span>", `${trustWords.maxMirrorAge} (default: no bound)`)
    .option("--warn-mirror-age <span>", `${trustWords.warnMirrorAge} (default: 30d)`)
    .option("--max-checkpoint-age <span>", `${trustWords.maxCheckpointAge} (default: no bound)`)
    .option("--warn-checkpoint-age <span>", `${trustWords.warnCheckpointAge} (default: never)`)
    .option("--trust-digest <digest>", trustWords.digest);

/** `30d`, `72h`, `1d12h`, in milliseconds. @throws EngineError `invalid-usage` with the name of the flag. */
export function parseSpan(text: string, flag: string): number {
  const span = findSpan(text);
  if (span === undefined)
    throw usage(`${flag} takes a span of time such as 30d, 72h or 1d12h, not ${JSON.stringify(text)}`, flag);
  return span;
}

function readDigest(text: string): Digest {
  if (!isDigest(text))
    throw new EngineError("invalid-usage", "a digest is sha256: and 64 lower-case hexadecimal digits", {
      subject: text,
    });
  return text;
}

/** The flags of ages, and the variables that are read where a flag is not given. */
const ages = {
  maxTrustAge: ["--max-trust-age", "SALLYPORT_MAX_TRUST_AGE"],
  warnTrustAge: ["--warn-trust-age", "SALLYPORT_WARN_TRUST_AGE"],
  maxMirrorAge: ["--max-mirror-age", "SALLYPORT_MAX_MIRROR_AGE"],
  warnMirrorAge: ["--warn-mirror-age", "SALLYPORT_WARN_MIRROR_AGE"],
  maxCheckpointAge: ["--max-checkpoint-age", "SALLYPORT_MAX_CHECKPOINT_AGE"],
  warnCheckpointAge: ["--warn-checkpoint-age", "SALLYPORT_WARN_CHECKPOINT_AGE"],
} as const satisfies Partial<Record<keyof TrustOptions, readonly [string, VariableName]>>;

function readAge(name: keyof typeof ages, options: TrustOptions, io: CommandIO): number | undefined {
  const [flag, variable] = ages[name];
  const given = options[name];
  if (given !== undefined) return typeof given === "string" ? parseAge(given, flag) : given;
  const said = fromEnvironment(variable, io);
  return said === undefined ? undefined : parseAge(said, variable);
}

/** @throws EngineError `invalid-usage` for what is no span, or more than ten years. */
function parseAge(text: string, flag: string): number {
  const span = parseSpan(text, flag);
  if (span > longestAge) throw usage(`${flag} is at most ${spanText(longestAge)}, not ${text}`, flag);
  return span;
}

/** A budget of which something is said, under the name of its setting. */
function budget<Name extends string>(
  name: Name,
  warn: number | undefined,
  deny: number | undefined,
): { readonly [Key in Name]?: AgeBudget } {
  const said = { ...(warn === undefined ? {} : { warn }), ...(deny === undefined ? {} : { deny }) };
  return (Object.keys(said).length === 0 ? {} : { [name]: said }) as { readonly [Key in Name]?: AgeBudget };
}

function readMode(text: string | undefined): TrustMode | undefined {
  const mode = trustModes.find((one) => one === text);
  if (text === undefined || mode !== undefined) return mode;
  throw usage(`SALLYPORT_TRUST_MODE is ${trustModes.join(", ")}, not ${JSON.stringify(text)}`, "SALLYPORT_TRUST_MODE");
}

/** The folder that `--tufMirror` names; undefined where it is a URL, or not given. */
export const tufFolder = ({ tufMirror }: TrustOptions): string | undefined =>
  tufMirror === undefined || /^https?:\/\//.test(tufMirror) ? undefined : tufMirror.replace(/^file:\/\//, "");

/** A TUF root of the command line. @throws EngineError `invalid-usage` when the file is not a TUF root. */
function readTufRoot(file: string, io: CommandIO): Uint8Array {
  const bytes = io.readFile(file);
  asGiven({ path: file, content: bytes, limits: io.limits }, aTufRoot, () => parseRoot(bytes, io.limits));
  return bytes;
}

/**
 * A TUF root as a flag or a setting gives it, a file or its text in base64, else as the variables do: a file counts
 * before a text.
 * @throws EngineError `invalid-usage` for what is not a TUF root.
 */
export function findTufRoot(
  { tufRoot, tufRootRaw }: Pick<TrustOptions, "tufRoot" | "tufRootRaw">,
  io: CommandIO,
): Uint8Array | undefined {
  const file = tufRoot ?? (tufRootRaw === undefined ? fromEnvironment("SALLYPORT_TUF_ROOT", io) : undefined);
  if (file !== undefined) return readTufRoot(file, io);
  const raw = tufRootRaw ?? fromEnvironment("SALLYPORT_TUF_ROOT_RAW", io);
  return raw === undefined ? undefined : decodeTufRoot(raw, io);
}

function decodeTufRoot(raw: string, { limits }: CommandIO): Uint8Array {
  const flag = "SALLYPORT_TUF_ROOT_RAW";
  try {
    const bytes = decodeWrappedBase64(raw);
    parseRoot(bytes, limits);
    return bytes;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const message = `${flag} takes the text of a TUF root.json in base64: ${error.message}`;
    throw new EngineError("invalid-usage", message, { subject: flag, cause: error });
  }
}

/**
 * The engine's trust settings. `pinned` are the mirror's TUF roots. A flag wins over them; they win over cosign's
 * variable.
 * @throws EngineError `invalid-usage`
 */
export function readTrustSettings(
  options: TrustOptions,
  io: CommandIO,
  pinned: Readonly<Record<string, Uint8Array>>,
): TrustSettings {
  const name = options.trust ?? defaultTrustName;
  const given = findTufRoot(options, io);
  const isSaid = given !== undefined || Object.hasOwn(pinned, name);
  const ofCosign = isSaid ? undefined : fromEnvironment("TUF_ROOT_JSON", io);
  const root = ofCosign === undefined ? given : readTufRoot(ofCosign, io);
  if (options.tufMirror !== undefined && tufFolder(options) === undefined)
    note("nothing is fetched from the URL of --tufMirror here; run sallyport trust update --tufMirror URL", io);
  const mode = options.trustMode ?? readMode(fromEnvironment("SALLYPORT_TRUST_MODE", io));
  const age = (name: keyof typeof ages) => readAge(name, options, io);
  const digest = options.trustDigest ?? fromEnvironment("SALLYPORT_TRUST_DIGEST", io);
  return {
    initialRoots: { ...pinned, ...(root === undefined ? {} : { [name]: root }) },
    ...(mode === undefined ? {} : { mode }),
    ...budget("maxTrustAge", age("warnTrustAge"), age("maxTrustAge")),
    ...budget("maxMirrorAge", age("warnMirrorAge"), age("maxMirrorAge")),
    ...budget("maxCheckpointAge", age("warnCheckpointAge"), age("maxCheckpointAge")),
    ...(digest === undefined ? {} : { pins: { [name]: readDigest(digest) } }),
  };
}
