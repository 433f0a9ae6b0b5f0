/**
 * `sallyport export`: what the mirror knows, as a signed archive for the other side of a gap. Source:
 * docs/spec/archive.md, docs/spec/command-line.md#archives.
 */
import type { Command } from "commander";
import { isPlainName } from "../../core/archive/archive-statement.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { findSize } from "../../core/encoding/units.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { SigningKey } from "../../proxy/archive/signing-key.ts";
import type { BootstrapInput } from "../../proxy/crossing/bootstrap-files.ts";
import { loggedBase, withArchiveBase } from "../../proxy/crossing/delta-base.ts";
import { type DeltaBase, exportArchive, type ExportReport } from "../../proxy/crossing/export-archive.ts";
import { type ExportedCheckpoint, ExportLog } from "../../proxy/crossing/export-log.ts";
import { carriedGrowth, type GrowthFound } from "../../proxy/crossing/log-growth.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { addAliasOptions, readAliases } from "../input/alias-flags.ts";
import type { AliasOptions, OpenAliases } from "../input/aliases.ts";
import { usage } from "../input/given-file.ts";
import { addLimitOptions, readLimits } from "../input/limit-flags.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { readSigner, readSnapshotKey } from "../input/snapshot-flags.ts";
import { addExceptionOptions } from "../input/policy-files.ts";
import { addTrustOptions } from "../input/trust-flags.ts";
import { addStoreOption, lockHolder, type StoreOptions, withMirrorAsync } from "../input/store.ts";
import { coverMirror, type CoverageOptions, type ExportCoverage } from "./export-coverage.ts";
import { renderCoverage, renderExport, renderFiles, type SaidGrowth, toExportJson } from "../render/archive.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { visibleLine } from "../render/escape.ts";
import { note, tellAnswer, warn } from "../render/say.ts";

interface ExportOptions extends StoreOptions, OutputOptions, CoverageOptions, AliasOptions {
  readonly file: string;
  readonly key: string;
  readonly since?: readonly string[];
  readonly chunkSize?: string;
  readonly dryRun?: boolean;
  readonly trustOnly?: boolean;
  readonly withLayers?: boolean;
  readonly nextKey?: readonly string[];
  readonly bootstrap?: true | readonly string[];
  readonly online?: boolean;
  readonly logUrl?: readonly string[];
  readonly timeout: string;
}

/** The program's own package, and the files that were named. @throws EngineError when one of them is not there. */
async function bootstrapOf({ bootstrap }: ExportOptions, io: CommandIO): Promise<readonly BootstrapInput[]> {
  if (bootstrap === undefined) return [];
  const paths = bootstrap === true ? [] : bootstrap;
  const named = paths.map((path) => ({ name: path.replace(/^.*[/\\]/, ""), path }));
  for (const { name, path } of named) {
    if (io.pathKind(path) !== "file") throw usage("there is no such file for --bootstrap", path);
    if (!isPlainName(name)) throw usage("a file of --bootstrap needs a plain name: letters, digits and . _ + -", path);
  }
  const { packOwnProgram } = await import("../../proxy/archive/own-package.ts");
  const own = await packOwnProgram(io.limits);
  if (named.length === 0)
    note("no image and no chart of the program were named: only its package travels along (--bootstrap FILE)", io);
  const files = [own, ...named];
  const twice = files.find(({ name }, index) => files.some((one, other) => other < index && one.name === name));
  if (twice !== undefined) throw usage("two files of --bootstrap have this name", twice.name);
  return files;
}

/** Below this not even the beginning of a part fits. */
const smallestPart = 4096;

function readChunkSize({ chunkSize }: ExportOptions): number | undefined {
  if (chunkSize === undefined) return undefined;
  const bytes = findSize(chunkSize);
  if (bytes === undefined || bytes < smallestPart)
    throw usage(
      `--chunk-size takes a size such as 4GiB, of at least 4KiB, not ${JSON.stringify(chunkSize)}`,
      "--chunk-size",
    );
  return bytes;
}

/** Runs `act` with the base of a delta: a number of the log, or the files of an earlier full archive. */
function withBase<T>(
  { since }: ExportOptions,
  { log, key, io }: { readonly log: ExportLog; readonly key: SigningKey; readonly io: CommandIO },
  act: (base: DeltaBase | undefined) => T,
): T {
  if (since === undefined) return act(undefined);
  const numbers = since.filter((word) => /^[0-9]{1,15}$/.test(word));
  if (numbers.length > 0 && since.length > 1)
    throw usage("--since takes one number, or files of full archives, of which the newest counts", "--since");
  if (numbers.length > 0) return act(loggedBase(log, Number(numbers[0])));
  return withArchiveBase(since, { publicKey: key.publicKey, verifier: nodeVerifier, limits: io.limits }, act);
}

interface Exported {
  readonly report: ExportReport;
  readonly covered: ExportCoverage | undefined;
}

interface Prepared {
  readonly aliases: OpenAliases;
  readonly key: SigningKey;
  readonly bootstrap: readonly BootstrapInput[];
  readonly found: readonly GrowthFound[];
}

function runExport(
  mirror: Mirror,
  { key, bootstrap, aliases, found }: Prepared,
  options: ExportOptions,
  io: CommandIO,
): Exported {
  const { file: path, since, trustOnly, withLayers, dryRun, nextKey = [] } = options;
  const limits = readLimits(options, io);
  const chunkSize = readChunkSize(options);
  const nextKeys = nextKey.map((file) => readSnapshotKey(file, io, "--next-key").pem);
  const covered = coverMirror(mirror, { ...options, aliases: aliases.list }, io);
  const log = new ExportLog(mirror.folder, limits, lockHolder(io));
  try {
    const report = withBase(options, { log, key, io }, (base) =>
      exportArchive({
        mirror,
        log,
        key,
        path,
        kind: trustOnly === true ? "trust" : since === undefined ? "full" : "delta",
        base,
        chunkSize,
        withLayers: withLayers === true,
        nextKeys,
        bootstrap,
        coverage: covered === undefined ? undefined : encodeUtf8(encodeCanonicalJson(covered.json)),
        consistency: carriedGrowth(found),
        isDry: dryRun === true,
        now: io.now(),
        limits,
      }),
    );
    return { report, covered };
  } finally {
    log.close();
  }
}

/** Since the archive before, and since the base: the other side has one of them. */
async function findProofs(mirror: Mirror, key: SigningKey, options: ExportOptions, io: CommandIO) {
  const log = new ExportLog(mirror.folder, readLimits(options, io), lockHolder(io));
  let earlier: readonly ExportedCheckpoint[];
  try {
    const last = log.last()?.checkpoints ?? [];
    earlier = withBase(options, { log, key, io }, (base) => [...last, ...(base?.checkpoints ?? [])]);
  } finally {
    log.close();
  }
  const { askProofs } = await import("./log-proofs.ts");
  return askProofs(mirror, earlier, options, io);
}

const isOf = (one: { readonly origin: string }, firstSize: string, other: GrowthFound): boolean =>
  other.origin === one.origin && other.firstSize.toString() === firstSize;

/** Each log that grew, with the reason where no proof travels along: that is never silent. */
const saidGrowth = (
  { growth }: ExportReport,
  found: readonly GrowthFound[],
  isOnline: boolean,
): readonly SaidGrowth[] =>
  growth.map((one) => {
    if (one.proved) return one;
    const asked = found.find((other) => isOf(one, one.firstSize, other));
    if (asked !== undefined && "code" in asked) return { ...one, reason: `[${asked.code}] ${asked.reason}` };
    return { ...one, reason: isOnline ? "the log grew while it was asked" : "nobody asked: export --online does" };
  });

/** A log that was reached and does not prove what it must is more than a proof that could not be had. */
function tellContradictions(found: readonly GrowthFound[], io: CommandIO): void {
  for (const one of found)
    if ("code" in one && one.code === "bad-log-proof")
      warn(
        `bad-log-proof: log ${visibleLine(one.origin)} does not prove that its tree of ${one.secondSize} entries ` +
          `begins with the one of ${one.firstSize} that an earlier archive has. Either the log was reset, or ` +
          "somebody shows a false one. Compare both with what others see of this log before you carry the archive " +
          "across",
        io,
      );
}

async function run(options: ExportOptions, io: CommandIO): Promise<ExitCode> {
  const { since, trustOnly, withLayers, output } = options;
  if (trustOnly === true && (since !== undefined || withLayers === true))
    throw usage("an archive of trust is whole, and has no layers: leave --since and --with-layers out", "--trust-only");
  if (options.online !== true && options.logUrl !== undefined) throw usage("--log-url is for --online", "--log-url");
  if (options.file === "-")
    throw new EngineError("unsupported", "an archive cannot go to standard output: give the name of a file", {
      subject: "-f",
      remedy: "archive-to-stream",
    });
  const key = await readSigner(options.key, io);
  const bootstrap = await bootstrapOf(options, io);
  const aliases = await readAliases(options, readLimits(options, io), io);
  const { report, covered, growth } = await withMirrorAsync(options, io, "read", async (mirror) => {
    const found = options.online === true ? await findProofs(mirror, key, options, io) : [];
    const exported = runExport(mirror, { key, bootstrap, aliases, found }, options, io);
    tellContradictions(found, io);
    return { ...exported, growth: saidGrowth(exported.report, found, options.online === true) };
  });
  const exitCode = covered?.exitCode ?? 0;
  if (isDocumentFormat(output)) {
    const coverage = covered === undefined ? {} : { coverage: covered.json };
    io.out(renderDocument("ExportReport", { exitCode, ...toExportJson(report, growth), ...coverage }, output));
    return exitCode;
  }
  if (covered !== undefined) io.out(renderCoverage(covered.images, io.width.out));
  tellAnswer(renderExport(report, growth), io);
  io.out(renderFiles(report.bootstrap));
  return exitCode;
}

const exportHelp = `
The archive is a tar of an OCI image layout: skopeo and oras read it too. It has
a number; a delta has what changed since the number that --since names, and the
other side imports it after that one.

Examples:
  sallyport export -f monday.tar --key cosign.key --store mirror
  sallyport export -f tuesday.tar --key cosign.key --since 1 --store mirror
  sallyport export -f big.tar --key cosign.key --chunk-size 4GiB --with-layers
  sallyport export -f trust.tar --key cosign.key --trust-only
  sallyport export -f friday.tar --key cosign.key --policies far-side/

Exit codes: 0 written; 2 wrong usage, or a file cannot be written; 6 the mirror
  is damaged, or another export is at work. With --policies the archive is
  written, and then: 1 a policy of the other side refuses an image, 5 it cannot
  decide, because something is missing
`;

export function define(command: Command, { io, finish }: Shell): void {
  addStoreOption(command)
    .requiredOption("-f, --file <file>", "the archive; its parts are FILE.001-of-003, …")
    .requiredOption("--key <file>", "the private key, ECDSA P-256, PEM or cosign.key; its password: COSIGN_PASSWORD")
    .option(
      "--since <n>",
      "only what changed since archive N, or since a full archive that is named by its file (repeatable: its parts)",
      collect,
    )
    .option("--chunk-size <size>", "cut the archive into parts of at most this size, such as 4GiB")
    .option("--trust-only", "trusted roots, pins, checkpoints and distrust alone")
    .option("--with-layers", "image layers that the mirror has, too (no decision reads them)")
    .option("--next-key <file>", "a public key that will sign later archives too (repeatable)", collect)
    .option("--bootstrap [file...]", "this program's own package too, and files such as its image and its chart")
    .option("--online", "ask logs for proofs that they only grew since the archive before, and since the base")
    .option("--log-url <url>", "with --online: a log to ask, in place of those of trusted roots (repeatable)", collect)
    .option("--timeout <span>", "with --online: for all that is asked", "1m")
    .option("--dry-run", "say what would be in it, and write nothing")
    .option(
      "--policies <path>",
      "the other side's policies: what they will decide is shown, and travels along (repeatable)",
      collect,
    )
    .option("--distrust <file>", "with --policies: a list of what is never trusted there (repeatable)", collect);
  addLimitOptions(addTrustOptions(addAliasOptions(addExceptionOptions(command))))
    .addOption(outputOption())
    .addHelpText("after", exportHelp)
    .action(async (options: ExportOptions) => finish(await run(options, io)));
}
