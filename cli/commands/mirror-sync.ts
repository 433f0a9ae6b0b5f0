/**
 * `sallyport mirror sync`: fills the mirror with all that the far side's policies will ask about a list of images.
 * Source: docs/spec/command-line.md#sync, docs/spec/offline.md#sync.
 */
import { SeenCheckpoints } from "../../core/tlog/seen-checkpoints.ts";
import type { Command } from "commander";
import type { Engine, Policy } from "../../core/index.ts";
import { EngineError } from "../../core/errors.ts";
import { nothingKnown } from "../../core/knowledge/knowledge.ts";
import type { Limits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { createLayerFetcher } from "../../proxy/sync/fetch-layer.ts";
import { pauseBetween } from "../../proxy/sync/interval.ts";
import { listImages, type SyncList } from "../../proxy/sync/list-images.ts";
import { neverAsked } from "../../proxy/sync/never-asked.ts";
import { createSyncEngine } from "../../proxy/sync/sync-engine.ts";
import type { ImageList } from "../../proxy/sync/lists/image-list.ts";
import { readImageList } from "../../proxy/sync/lists/read-image-list.ts";
import { exitOfSync } from "../../proxy/sync/exit-of-sync.ts";
import { runSync, type SyncOptions } from "../../proxy/sync/run-sync.ts";
import { createPace } from "../../proxy/upstream/pace.ts";
import type { CommandIO, Shell } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import { type ExitCode, exitOf } from "../exit-code.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { tellWarnings } from "../input/files.ts";
import { usage } from "../input/given-file.ts";
import { parseImage } from "../input/image-argument.ts";
import { readAliases } from "../input/alias-flags.ts";
import type { OpenAliases } from "../input/aliases.ts";
import { openImageList } from "../input/image-list.ts";
import { readLimits } from "../input/limit-flags.ts";
import { openAsker } from "../input/open-online.ts";
import { readJudgingSet } from "../input/policy-files.ts";
import { registryAccessOf } from "../input/policy-registries.ts";
import { lockHolder } from "../input/store.ts";
import { addFlagVariables } from "../input/flag-variables.ts";
import { addSyncOptions, registryFlags, readSyncNumbers, type SyncFlags } from "../input/sync-flags.ts";
import { defaultTrustName, readTrustSettings } from "../input/trust-flags.ts";
import { checkValueNames, readValues, valuesOfRequest } from "../input/values.ts";
import { refusePolicies } from "../judge.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { tellProblem, toProblem } from "../render/problem.ts";
import { note, warn } from "../render/say.ts";
import { createSyncTeller, renderSync, toSyncJson } from "../render/sync.ts";
import { syncFixSettings } from "../render/sync-fixes.ts";
import { saidBy } from "../render/fix.ts";

/** The images of the command line, as a list. */
const argumentsOf = (images: readonly string[], limits: Limits): ImageList => ({
  images: images.map((text) => {
    const { tag, digest, withTag, canonical } = parseImage(text, limits);
    const reference = digest === undefined ? withTag : tag === undefined ? canonical : `${withTag}@${digest}`;
    return { reference, from: "the command line" };
  }),
  tags: [],
  notes: [],
});

function readList(images: readonly string[], flags: SyncFlags, policies: readonly Policy[], io: CommandIO): ImageList {
  const files = flags.file ?? [];
  if (files.length === 0 && images.length === 0) throw usage("no image is named: give -f LIST, or images", "-f");
  const inFiles = files.length === 0 ? argumentsOf([], io.limits) : openImageList(files, policies, io);
  for (const text of inFiles.notes) note(text, io);
  const isLine = (text: string): boolean => /^[^\n\r[{-]*[*? ]/.test(text);
  const given = argumentsOf(
    images.filter((text) => !isLine(text)),
    io.limits,
  );
  // A pattern of tags, or settings behind the reference: as a line of a list says it.
  const lines = images
    .filter(isLine)
    .map((text) => readImageList([{ name: "the command line", text }], { policies, now: io.now(), limits: io.limits }));
  return {
    images: [...given.images, ...lines.flatMap((line) => line.images), ...inFiles.images],
    tags: [...lines.flatMap((line) => line.tags), ...inFiles.tags],
    notes: inFiles.notes,
  };
}

/** The mirror. A dry run makes none: it uses the one that is there, if there is one. */
function openStore(flags: SyncFlags, io: CommandIO): Mirror | undefined {
  const store = flags.store ?? fromEnvironment("SALLYPORT_STORE", io);
  if (store === undefined) throw usage("no mirror is named: give --store DIR, or set SALLYPORT_STORE", "--store");
  const limits = readLimits(flags, io);
  if (flags.dryRun !== true) return openMirror(store, { mode: "write", limits, holder: lockHolder(io) });
  try {
    return openMirror(store, { mode: "read", limits });
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "invalid-usage") throw error;
    return undefined;
  }
}

interface EngineInput {
  readonly flags: SyncFlags;
  readonly mirror: Mirror | undefined;
  readonly aliases: OpenAliases;
  readonly told: Set<string>;
}

function engineFor({ flags, mirror, aliases, told }: EngineInput, io: CommandIO) {
  const seen = new SeenCheckpoints(readLimits(flags, io));
  const paths = flags.policies ?? [];
  const [given] = [
    flags.valuesFile === undefined ? [] : "--values-file",
    flags.set === undefined ? [] : "--set",
  ].flat();
  if (given !== undefined && paths.length === 0) throw usage(`${given} is for policies: give --policies too`, given);
  const { errors, ...set } =
    paths.length === 0 ? { policies: [], exceptions: [], errors: [] } : readJudgingSet(paths, [], flags, io);
  refusePolicies(errors, io);
  const trust = readTrustSettings(flags, io, mirror?.knowledge().tufRoots() ?? {});
  const engine: Engine | undefined =
    set.policies.length === 0
      ? undefined
      : createSyncEngine({
          policies: set.policies,
          exceptions: set.exceptions,
          distrust: readDistrustFiles(flags.distrust, io),
          sawCheckpoint: (note) => seen.add(note),
          crypto: nodeVerifier,
          limits: readLimits(flags, io),
          settings: { trustRoot: flags.trust ?? defaultTrustName, trust, aliases: aliases.list },
        });
  const values = readValues(flags.valuesFile, flags.set ?? [], io);
  checkValueNames(values, set.policies, [], { resources: [], faulty: [] }, told, io);
  return { engine, seen, trust, policies: set.policies, values: valuesOfRequest(values, "") };
}

interface Round {
  readonly images: readonly string[];
  readonly flags: SyncFlags;
  readonly stop: AbortSignal;
  /** Warnings about policies that were shown. */
  readonly told: Set<string>;
}

/** Lists and policies are read again in every round, and between rounds the mirror is free for other writers. */
async function syncOnce({ images, flags, stop, told }: Round, io: CommandIO): Promise<ExitCode> {
  const { inFlight, perSecond, refreshMs } = readSyncNumbers(flags);
  const limits = readLimits(flags, io);
  const mirror = openStore(flags, io);
  try {
    const aliases = await readAliases(flags, limits, io);
    const { engine, seen, trust, policies, values } = engineFor({ flags, mirror, aliases, told }, io);
    if (engine !== undefined) tellWarnings(engine, io, told);
    const list = readList(images, flags, policies, io);
    const hosts = [
      ...list.images.map(({ reference }) => reference),
      ...list.tags.map(({ repository }) => repository),
      ...aliases.list.map(({ logical }) => logical),
    ];
    const access = registryAccessOf(policies, io);
    const { asker, besideAdded, listTags, openBlob, close } = await openAsker(
      flags,
      {
        signal: stop,
        isOneRun: true,
        ...(perSecond === undefined ? {} : { pace: createPace({ perSecond }) }),
      },
      io,
      {
        knowledge: mirror?.knowledge() ?? nothingKnown,
        given: nothingKnown,
        mirror,
        writes: mirror?.isWritable === true,
        now: io.now(),
        limits,
        initialRoots: trust.initialRoots ?? {},
        access: { ...access, hosts: [...access.hosts, ...hosts.map((text) => text.split("/")[0] ?? "")] },
      },
    );
    try {
      const listed = await listImages(list, {
        listTags,
        mirrored: (repository) => mirror?.tags(repository) ?? [],
        isWhole: flags.complete === "repository",
        signal: stop,
        aliases,
        limits,
      });
      const fetchLayer =
        flags.withLayers === true && mirror !== undefined
          ? createLayerFetcher({ layers: mirror.layers, content: { openBlob }, limits, signal: stop })
          : undefined;
      const sync = { mirror, engine, values, asker, besideAdded, inFlight, refreshMs, fetchLayer };
      return await syncListed({ flags, stop, told, listed, seen, sync }, io);
    } finally {
      close();
    }
  } finally {
    mirror?.close();
  }
}

interface Listed extends Pick<Round, "flags" | "stop" | "told"> {
  readonly listed: SyncList;
  /** Checkpoints that the engine verified. */
  readonly seen: SeenCheckpoints;
  readonly sync: Pick<
    SyncOptions,
    "mirror" | "engine" | "values" | "asker" | "besideAdded" | "inFlight" | "refreshMs" | "fetchLayer"
  >;
}

async function syncListed({ flags, stop, told, listed, seen, sync }: Listed, io: CommandIO): Promise<ExitCode> {
  const { mirror } = sync;
  const given = mirror === undefined ? nothingKnown : neverAsked(mirror, listed.images);
  const report = await runSync({
    ...listed,
    ...sync,
    knowledge: mirror?.knowledge() ?? nothingKnown,
    given,
    trustedRoots: mirror?.knowledge().trustedRootNames() ?? [],
    now: () => io.now(),
    limits: readLimits(flags, io),
    isDry: flags.dryRun === true,
    complete: flags.complete,
    claimedBy: `mirror sync${flags.complete === undefined ? "" : ` --complete=${flags.complete}`}`,
    on: createSyncTeller({ asEvents: flags.events === true, io }),
    stop,
  });
  keepCheckpoints(seen, flags, mirror, io);
  const code = exitOfSync(report, {
    ignores: flags.failurePolicy === "Ignore",
    requiresCovered: flags.requireCovered === true,
    failsOnDrift: flags.failOnDrift === true,
    exitOf,
  });
  const settings = syncFixSettings(saidBy("mirror sync", flags, io.env));
  io.out(
    isDocumentFormat(flags.output)
      ? renderDocument("SyncReport", toSyncJson(report, code, settings), flags.output)
      : renderSync(report, { width: io.width.out, ...settings }),
  );
  if (flags.withLayers !== true && flags.dryRun !== true && flags.events !== true && report.images.some(isHere))
    noteOnce(noLayers, told, io);
  return code;
}

/** What the mirror's own trust verified; an archive carries it. */
function keepCheckpoints(seen: SeenCheckpoints, flags: SyncFlags, mirror: Mirror | undefined, io: CommandIO): void {
  const forks = new Set(seen.forks());
  if (mirror !== undefined && flags.dryRun !== true && flags.tufRoot === undefined) {
    const origin = { at: io.now().toISOString(), from: "mirror sync" };
    for (const fork of mirror.writer().raiseCheckpoints(seen.newest(), origin)) forks.add(fork);
  }
  for (const fork of forks) warn(fork, io);
}

const isHere = ({ status }: { readonly status: string }): boolean => status !== "absent";
const noLayers = "layers are not kept: this mirror decides, but cannot start containers; --with-layers keeps them";

/** With --interval, what is true of every round is said in the first. */
function noteOnce(text: string, told: Set<string>, io: CommandIO): void {
  if (told.has(text)) return;
  told.add(text);
  note(text, io);
}

/** Aborted when the program is told to end. */
function untilStopped({ host }: CommandIO): AbortSignal {
  const told = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) host.onSignal(name, () => told.abort());
  return told.signal;
}

async function sync(images: readonly string[], flags: SyncFlags, io: CommandIO): Promise<ExitCode> {
  if (flags.offline === true) throw usage("mirror sync has to ask registries: leave out --offline", "--offline");
  const { intervalMs } = readSyncNumbers(flags);
  const told = new Set<string>();
  if (intervalMs === undefined) return syncOnce({ images, flags, told, stop: new AbortController().signal }, io);
  const stop = untilStopped(io);
  while (!stop.aborted) {
    try {
      await syncOnce({ images, flags, stop, told }, io);
    } catch (error) {
      // The next round may find the registry, the disk or the lock as they should be.
      if (!(error instanceof EngineError) || error.code === "invalid-usage") throw error;
      tellProblem(toProblem(error), io);
    }
    await pauseBetween(intervalMs, stop);
  }
  return 0;
}

export function defineSync(command: Command, { io, finish }: Shell): void {
  addFlagVariables(
    addSyncOptions(command.argument("[image...]", "images, in addition to those of lists")),
    registryFlags,
    io,
  )
    .addHelpText(
      "after",
      "\n" +
        "Examples:\n" +
        "  sallyport mirror sync -f images.txt --policies policies/ --store mirror\n" +
        "  sallyport mirror sync ghcr.io/acme/app:1.4 --store mirror --complete\n" +
        "  helm template chart | sallyport mirror sync -f - --store mirror --dry-run\n\n" +
        "Exit codes: 0 done; 7 done in part; 1 a tag moved (--fail-on-drift); with\n" +
        "  --require-covered 1 a policy refuses an image, 5 something is missing; where\n" +
        "  nothing could be done, the code of the first failure, such as 4 not trusted or\n" +
        "  5 not reachable\n",
    )
    .action(async (images: readonly string[], flags: SyncFlags) => finish(await sync(images, flags, io)));
}
