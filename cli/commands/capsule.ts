/** `sallyport capsule`: makes capsules of a mirror, and looks at them. Source: docs/spec/capsule.md. */
import type { Command } from "commander";
import { encodeUnsignedStatement } from "../../core/archive/verify-envelope.ts";
import type { Capsule } from "../../core/capsule/open-capsule.ts";
import type { EngineInput } from "../../core/decide/engine-document.ts";
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import type { Limits } from "../../core/limits.ts";
import { createAliases } from "../../core/oci/aliases.ts";
import { makeCapsule, isMissing, planCapsule, type CapsulePlan } from "../../proxy/capsule/make-capsule.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { replaceFile } from "../../proxy/synced.ts";
import { cannotWrite } from "../../proxy/system-words.ts";
import type { SyncImage } from "../../proxy/sync/image-closure.ts";
import { listImages } from "../../proxy/sync/list-images.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import { type ExitCode, gravest } from "../exit-code.ts";
import { addAliasOption, readAliases } from "../input/alias-flags.ts";
import { type GivenCapsule, readCapsules, readNumber, saysUnsigned } from "../input/capsule-flags.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { usage } from "../input/given-file.ts";
import { openImageList } from "../input/image-list.ts";
import { addLimitOptions, type LimitOptions, readLimits } from "../input/limit-flags.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { addExceptionOptions, type ExceptionOptions, readJudgingSet } from "../input/policy-files.ts";
import { readSigner } from "../input/snapshot-flags.ts";
import { addStoreOption, type StoreOptions, withMirrorAsync } from "../input/store.ts";
import { addTrustOptions, defaultTrustName, readTrustSettings, type TrustOptions } from "../input/trust-flags.ts";
import { refusePolicies } from "../judge.ts";
import { renderCoverage } from "../render/archive.ts";
import { renderCapsule, renderWritten, toCapsuleJson, toWrittenJson } from "../render/capsule.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { note, tellAnswer, warn } from "../render/say.ts";
import { toCoverageJson } from "../render/sync.ts";

interface CreateOptions extends StoreOptions, OutputOptions, ExceptionOptions, TrustOptions, LimitOptions {
  readonly file: string;
  readonly key?: string;
  readonly unsigned?: boolean;
  readonly images?: readonly string[];
  readonly policies?: readonly string[];
  readonly distrust?: readonly string[];
  readonly alias?: readonly string[];
  readonly sequence?: string;
  readonly allowMissing?: boolean;
  readonly full?: boolean;
  readonly oldKey?: readonly string[];
}

/** How it decides: what is named, else as the capsule before. */
async function engineOf(
  mirror: Mirror,
  before: Capsule | undefined,
  options: CreateOptions,
  io: CommandIO,
): Promise<EngineInput> {
  const { policies: paths = [], trust = defaultTrustName } = options;
  const limits = readLimits(options, io);
  const said = readTrustSettings(options, io, mirror.knowledge().tufRoots());
  const aliases = await readAliases(options, limits, io);
  const distrust = readDistrustFiles(options.distrust, io);
  if (before !== undefined && paths.length === 0) {
    const { settings = {} } = before.engine;
    const initialRoots = { ...settings.trust?.initialRoots, ...said.initialRoots };
    return {
      ...before.engine,
      limits,
      distrust: [...(before.engine.distrust ?? []), ...distrust],
      settings: {
        ...settings,
        ...(aliases.list.length === 0 ? {} : { aliases: aliases.list }),
        trust: { ...settings.trust, ...said, initialRoots },
      },
    };
  }
  if (paths.length === 0) throw usage("a capsule has policies: name them with --policies PATH", "--policies");
  const { policies, exceptions, errors } = readJudgingSet(paths, [], options, io);
  refusePolicies(errors, io);
  return { policies, exceptions, distrust, limits, settings: { trustRoot: trust, trust: said, aliases: aliases.list } };
}

/** @throws EngineError `invalid-usage` when it cannot be written; what was there before is left. */
function writeCapsule(file: string, bytes: Uint8Array): void {
  try {
    replaceFile(file, bytes);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** A device keeps the highest number that it saw: of two with the same one it cannot tell which is newer. */
function warnOfNumber(file: string, sequence: number, limits: Limits, io: CommandIO): void {
  if (io.pathKind(file) !== "file") return;
  const old = findCapsule(file, limits, io);
  if (old === undefined || old.sequence < sequence) return;
  const there = old.sequence;
  const numbers =
    there === sequence ? `both have number ${sequence}` : `it has number ${there}, the new one ${sequence}`;
  warn(
    `${file} is a capsule already, and is replaced: ${numbers}, so that devices cannot tell which is newer; ` +
      (old.isSigned
        ? `the next one is made by \`sallyport capsule update ${file} --old-key PUBLIC …\``
        : `the next one says \`--sequence ${there + 1}\``),
    io,
  );
}

/** Undefined of what is no capsule, or no whole one. */
function findCapsule(file: string, limits: Limits, io: CommandIO): GivenCapsule | undefined {
  try {
    return readCapsules([file], { keys: [], flag: "--old-key", allowUnsigned: true, limits }, io);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return undefined;
  }
}

/** The images that are named, else those of the capsule before. */
async function imagesOf(
  mirror: Mirror,
  before: Capsule | undefined,
  { engine, options, io }: { readonly engine: EngineInput; readonly options: CreateOptions; readonly io: CommandIO },
): Promise<readonly SyncImage[]> {
  const limits = readLimits(options, io);
  const named = options.images;
  if (named === undefined && before === undefined)
    throw usage("a capsule is made for images: name a list of them with --images FILE", "--images");
  const list =
    named === undefined
      ? {
          images: (before?.images ?? []).map((reference) => ({ reference, from: "the capsule before" })),
          tags: [],
          notes: [],
        }
      : openImageList(named, engine.policies, io);
  for (const text of list.notes) note(text, io);
  const { images, problems } = await listImages(list, {
    listTags: async (repository) => ({ tags: mirror.tags(repository), from: "the mirror" }),
    mirrored: (repository) => mirror.tags(repository),
    isWhole: false,
    signal: new AbortController().signal,
    aliases: createAliases(engine.settings?.aliases ?? [], limits),
    limits,
  });
  const [problem] = problems;
  if (problem !== undefined) throw new EngineError("invalid-usage", problem.why, { subject: problem.subject });
  if (images.length === 0) throw usage("the list names no image", "--images");
  return images;
}

/** The exit codes are those of `export`: 5 where something is missing, 1 where it is refused. */
const exitOfVerdict = { pass: 0, audit: 0, none: 0, fail: 1, absent: 1, unknown: 5 } as const;

const reportOf = ({ images }: CapsulePlan, engine: EngineInput, now: Date): JsonObject => {
  const summary: Record<string, number> = {};
  for (const { coverage } of images) summary[coverage.verdict] = (summary[coverage.verdict] ?? 0) + 1;
  return {
    at: now.toISOString(),
    policies: [...new Set(engine.policies.map(({ name }) => name))].sort(),
    summary,
    images: images.map(({ image, coverage }) => ({
      image: image.text,
      coverage: JSON.parse(JSON.stringify(toCoverageJson(coverage))) as JsonValue,
    })),
  };
};

/** @throws EngineError `archive-incomplete` naming what is missing first. */
function requireWhole(plan: CapsulePlan): void {
  const missing = plan.images.filter(isMissing);
  const [first] = missing;
  if (first === undefined) return;
  const [open, ...others] = first.coverage.missing;
  const more = others.length === 0 ? "" : `, nor ${counted(others.length, "other question", "other questions")}`;
  const what = open === undefined ? "there is no such image" : `nobody was asked for ${questionWords(open)}${more}`;
  throw new EngineError(
    "archive-incomplete",
    `${counted(missing.length, "image")} of ${plan.images.length} cannot be decided from it; ` +
      `${first.image.text}: ${what}`,
    { subject: "--images", remedy: open === undefined ? "no-such-image" : "capsule-missing" },
  );
}

async function create(options: CreateOptions, before: Capsule | undefined, io: CommandIO): Promise<ExitCode> {
  if (options.key === undefined && options.unsigned !== true)
    throw usage("a capsule is signed: give --key FILE, or --unsigned", "--key");
  const sign = options.key === undefined ? encodeUnsignedStatement : (await readSigner(options.key, io)).sign;
  const limits = readLimits(options, io);
  const sequence = readNumber(options.sequence, "--sequence") ?? (before?.sequence ?? 0) + 1;
  return withMirrorAsync(options, io, "read", async (mirror) => {
    const engine = await engineOf(mirror, before, options, io);
    const images = await imagesOf(mirror, before, { engine, options, io });
    const now = io.now();
    const request = { engine, images, knowledge: mirror.knowledge(), now, limits };
    const plan = planCapsule(request);
    const covered = plan.images.map(({ image, coverage }) => ({ image: image.text, coverage }));
    const isDocument = isDocumentFormat(options.output);
    if (!isDocument) io.out(renderCoverage(covered, io.width.out));
    if (options.allowMissing !== true) requireWhole(plan);
    const report = reportOf(plan, engine, now);
    const isDelta = before !== undefined && options.full !== true;
    const written = makeCapsule(request, plan, { sequence, previous: before, isDelta, sign, report });
    warnOfNumber(options.file, sequence, limits, io);
    writeCapsule(options.file, written.bytes);
    const exitCode = gravest(plan.images.map(({ coverage }) => exitOfVerdict[coverage.verdict]));
    if (isDocument)
      io.out(
        renderDocument("CapsuleReport", { exitCode, ...toWrittenJson(options.file, written, report) }, options.output),
      );
    else tellAnswer(renderWritten(options.file, written), io);
    return exitCode;
  });
}

/** @throws EngineError `archive-signature` for one that nobody signed, where the new one is signed. */
function readOld(old: readonly string[], options: CreateOptions, io: CommandIO): GivenCapsule {
  const { oldKey: keys = [], unsigned = false } = options;
  const limits = readLimits(options, io);
  // Of a named key: a capsule that nobody signed is not that one's.
  const allowUnsigned = unsigned && keys.length === 0;
  try {
    return readCapsules(old, { keys, flag: "--old-key", allowUnsigned, limits }, io);
  } catch (error) {
    if (!saysUnsigned(error)) throw error;
    const { subject } = error;
    if (unsigned)
      throw new EngineError(error.code, "nobody signed it, and a key is given as the one that did", {
        subject,
        remedy: "capsule-old-key",
      });
    // Who signs the next one would vouch for policies that anybody may have put there.
    const { sequence } = readCapsules(old, { keys: [], flag: "--old-key", allowUnsigned: true, limits }, io);
    throw new EngineError(error.code, `nobody signed capsule ${sequence}, so that no signed one can follow on it`, {
      subject,
      remedy: "new-capsule",
    });
  }
}

interface LookOptions extends OutputOptions, LimitOptions {
  readonly key?: readonly string[];
  readonly floor?: string;
  readonly allowUnsigned?: boolean;
}

function look(files: readonly string[], options: LookOptions, isVerified: boolean, io: CommandIO): ExitCode {
  const { key: keys = [], output } = options;
  const capsule = readCapsules(
    files,
    {
      keys,
      flag: "--key",
      allowUnsigned: isVerified ? options.allowUnsigned === true : keys.length === 0,
      floor: readNumber(options.floor, "--floor", 0),
      limits: readLimits(options, io),
    },
    io,
  );
  if (isVerified) capsule.check();
  if (isDocumentFormat(output)) io.out(renderDocument("CapsuleInspection", toCapsuleJson(capsule, isVerified), output));
  else tellAnswer(renderCapsule(capsule, isVerified), io);
  return 0;
}

const examples = `
Examples:
  sallyport capsule create --images images.txt --policies policies/ \\
    --store mirror --key cosign.key -f edge.tar
  sallyport capsule update edge.tar --old-key cosign.pub --store mirror \\
    --key cosign.key -f edge-2.tar
  sallyport capsule verify edge.tar --key cosign.pub
  sallyport apply -r pod.yaml --capsule edge.tar --capsule-key cosign.pub

Exit codes: 0 done; 1 written, and a policy refuses an image; 2 wrong usage;
  3 older than the floor; 5 written with --allow-missing, and an image cannot be
  decided; 6 a capsule is damaged or signed by another key, something is missing
`;

const addCreateOptions = (command: Command): Command => {
  addStoreOption(command)
    .requiredOption("-f, --file <file>", "the capsule")
    .option("--key <file>", "the private key, ECDSA P-256, PEM or cosign.key; its password: COSIGN_PASSWORD")
    .option("--unsigned", "in place of --key: nobody signs it, and readers have to be told to take it")
    .option("--images <path>", "image lists, as mirror sync reads them (repeatable)", collect)
    .option("--policies <path>", "the policies that it decides by (repeatable)", collect)
    .option("--distrust <file>", "a list of what is never trusted (repeatable)", collect)
    .option("--sequence <n>", "its number (default: 1, or the one after the capsule before)")
    .option("--allow-missing", "make it although an image of the list cannot be decided from it");
  return addLimitOptions(addTrustOptions(addExceptionOptions(addAliasOption(command)))).addOption(outputOption());
};

const addLookOptions = (command: Command): Command =>
  addLimitOptions(
    command
      .argument("<file...>", "the capsule; before a delta what it changes")
      .option("--key <file>", "a public key whose capsules are accepted (repeatable)", collect)
      .option("--floor <n>", "the highest number that was seen before: an older capsule is refused"),
  ).addOption(outputOption());

export function define(command: Command, { io, finish }: Shell): void {
  command.addHelpText("after", examples);
  addCreateOptions(
    command.command("create").description("make a capsule: policies, settings, trust and answers for images"),
  ).action(async (options: CreateOptions) => finish(await create(options, undefined, io)));
  addCreateOptions(
    command
      .command("update")
      .description("make the next capsule, with what changed since an older one")
      .argument("<old...>", "the older capsule; before a delta what it changes"),
  )
    .option("--old-key <file>", "a public key of the older capsule (repeatable)", collect)
    .option("--full", "all of it, not only what changed")
    .action(async (old: readonly string[], options: CreateOptions) => {
      finish(await create(options, readOld(old, options, io), io));
    });
  addLookOptions(command.command("inspect").description("show what a capsule says of itself")).action(
    (files: readonly string[], options: LookOptions) => finish(look(files, options, false, io)),
  );
  addLookOptions(command.command("verify").description("verify signature, lists and every byte of a capsule"))
    .option("--allow-unsigned", "accept a capsule that nobody signed")
    .action((files: readonly string[], options: LookOptions) => finish(look(files, options, true, io)));
}
