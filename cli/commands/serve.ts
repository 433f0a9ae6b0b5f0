/** `sallyport serve`: the servers, from their configuration to their end. Source: docs/spec/command-line.md#serve. */
import { type Command, Option } from "commander";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { findCurrentSnapshot } from "../../proxy/mirror/current-snapshot.ts";
import { canBeRead, openMirror } from "../../proxy/mirror/open-mirror.ts";
import { PulledLayers } from "../../proxy/registry/pulled-layers.ts";
import { createLog, inGroups, type Log } from "../../proxy/log.ts";
import { createMetrics, type Metrics } from "../../proxy/metrics.ts";
import { authorityFolder } from "../../proxy/serve/authority-folder.ts";
import { asksCluster } from "../../proxy/serve/config-rules.ts";
import { FileWatch } from "../../proxy/serve/file-watch.ts";
import { type ReadConfig, requireConfig } from "../../proxy/serve/read-config.ts";
import type { Keep, ServerCertificate } from "../../proxy/serve/own-certificate.ts";
import { Server, type ServerHost } from "../../proxy/serve/server.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { openState } from "../../proxy/state/open-state.ts";
import { State } from "../../proxy/state/state.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { addConfigOptions, type ConfigOptions, findConfig, loadConfig, settingFlags } from "../input/config-file.ts";
import { readGivenText } from "../input/given-file.ts";
import { limitsOfBundles } from "../input/limit-flags.ts";
import { outputOption, type OutputOptions } from "../input/output-flag.ts";
import type { Following } from "../serve/follow-snapshots.ts";
import { openTaken, Reloading, type Running, waitingParts, watchedFiles } from "../serve/reloading.ts";
import type { ServeCluster } from "../serve/serve-cluster.ts";
import { SyncTurns } from "../serve/sync-turns.ts";
import { ServedMirror } from "../serve/served-mirror.ts";
import { lockHolder } from "../input/store.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { version } from "../version.ts";
import { definePrintWebhooks } from "./serve-print-webhooks.ts";

type ServeOptions = OutputOptions & ConfigOptions;

/** How often files are looked at. */
const lookMs = 2000;

/** `made`: certificates of its own, by where their authority is and their names. */
function hostOf({ io, log, metrics, store, cluster }: Running, made: Map<string, ServerCertificate>): ServerHost {
  return {
    readFile: (path) => readGivenText(path, io),
    async ownCertificate(names, from) {
      const { makeServerCertificate } = await import("../../proxy/serve/own-certificate.ts");
      const all = ["localhost", "127.0.0.1", "::1", io.host.name, ...names];
      const of = `${from} ${all.join(" ")}`;
      const held = made.get(of);
      const make = (keep: Keep) => makeServerCertificate(all, keep, io.now(), held);
      // The configuration opened it: nothing else says `cluster`.
      const shared = from === "cluster" ? cluster : undefined;
      const own = await (shared === undefined ? make(authorityFolder(store)) : shared.withAuthority(make));
      made.set(of, own);
      const { certificate, key, renew, expires } = own;
      const authority = shared === undefined ? `${store}/tls/ca.pem` : "a Secret of the cluster";
      if (own !== held) log.info("a certificate was made", { expires: expires.toISOString(), authority });
      return { tls: { certificate, key }, renew };
    },
    log,
    metrics,
    now: () => io.now(),
  };
}

/** Until a signal says so. True: every request that was in work got its answer. */
function untilToldToEnd(
  { io, log }: Running,
  server: Server,
  reloading: Reloading,
  made: Map<string, ServerCertificate>,
): Promise<boolean> {
  const timer = setInterval(() => reloading.tick(), lookMs);
  return new Promise((resolve, reject) => {
    let isEnding = false;
    const ends = (name: "SIGTERM" | "SIGINT", code: ExitCode) =>
      io.host.onSignal(name, () => {
        if (isEnding) {
          log.warn("told to end again: ending at once");
          io.host.endNow(code);
          return;
        }
        isEnding = true;
        log.info("told to end", { signal: name });
        clearInterval(timer);
        server.close().then(resolve, reject);
      });
    io.host.onSignal("SIGHUP", () => {
      // SIGHUP asks for a full reload, so the certificates made here are made again too.
      made.clear();
      reloading.reload("SIGHUP").catch(reject);
    });
    // A terminal's Ctrl-C and Kubernetes' end are the same; 128 and the number of the signal, as shells say it.
    ends("SIGINT", 130);
    ends("SIGTERM", 143);
  });
}

/** The code of the work that was done in part: requests were cut off. */
const cutOff: ExitCode = 7;

/** Said at start: otherwise a 503 for a layer tells it, when the registry is already gone. */
function tellLayers(
  { served: { mirror }, log }: Running,
  { mode, listeners, upstreams, proxy, snapshot }: Config,
): void {
  const isRegistry = listeners.some(({ serves }) => serves.length === 0 || serves.includes("registry"));
  if (!isRegistry || proxy.layers.store) return;
  const isPassedOn = mode === "online" && upstreams.length > 0;
  const hasLayers = mirror.layers.names()[Symbol.iterator]().next().done !== true;
  if (isPassedOn)
    log.warn("layers are passed on and not kept: without its registry this mirror cannot start containers", {
      fix: "proxy.layers.store: true, or sallyport mirror sync --with-layers",
    });
  else if (!hasLayers)
    log.warn("the mirror has no layers: it decides, but cannot start containers", {
      fix:
        snapshot.from === undefined
          ? "sallyport mirror sync --with-layers, or sallyport mirror add --with-layers"
          : "snapshots carry no layers: nodes pull from a server of the mirror itself",
    });
}

/** What an instance remembers decides nothing: it serves without it where it cannot be opened. */
function rememberIn(store: string, limits: Limits, log: Log) {
  let opened: State | "none" | undefined;
  const open = (): State | "none" => {
    const setAside = (why: string, path: string): void =>
      log.error("what this instance remembered is damaged: a new file was begun", { why, path });
    try {
      return openState(store, { limits, setAside });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const { code, message, subject } = error;
      log.error("what is let in undecided, and denials, are not remembered: this instance cannot write state.db", {
        code,
        error: message,
        subject,
      });
      return "none";
    }
  };
  return {
    state(): State | undefined {
      opened ??= open();
      return opened === "none" ? undefined : opened;
    },
    close(): void {
      if (opened instanceof State) opened.close();
    },
  };
}

async function serve(options: ServeOptions, command: Command, io: CommandIO): Promise<ExitCode> {
  const file = findConfig(options, io);
  const flags = settingFlags(command);
  const load = (): ReadConfig => loadConfig(file, io, { flags });
  const read = load();
  const config = requireConfig(read);
  const watch = new FileWatch();
  watch.set(watchedFiles(file, config));
  const { store, mode } = config;
  if (store === undefined)
    throw new EngineError(
      "invalid-usage",
      "no mirror is named: give --store DIR, SALLYPORT_STORE, or store in a file",
      {
        subject: "--store",
      },
    );
  const { level, format } = config.log;
  const log = createLog({
    level,
    format: format === "auto" ? (io.host.isTerminal ? "text" : "json") : format,
    write: (lines) => io.err(lines),
    now: () => io.now(),
    later: inGroups(),
    behind: () => io.host.errWaits(),
  });
  for (const { place, message } of read.warnings) log.warn(message, { place });
  const limits = limitsOfBundles(config.limits.maxBundleSize, io.limits);
  const remembered = rememberIn(store, limits, log);
  const metrics = createMetrics(version);
  const follow =
    config.snapshot.from === undefined ? undefined : await openFollowing({ config, store, limits, io, log, metrics });
  const open = () => openMirror(store, { mode: mode === "online" ? "write" : "read", limits, holder: lockHolder(io) });
  const served = new ServedMirror(open, limits);
  const stop = new AbortController();
  let cluster: ServeCluster | undefined;
  try {
    if (asksCluster(config)) {
      const { openServeCluster } = await import("../serve/serve-cluster.ts");
      cluster = await openServeCluster({ config, limits, io, log, metrics: metrics.cluster });
    }
    const { store: isKept, size: maxBytes } = config.proxy.layers;
    const { isWritable } = served.mirror;
    // Readers of one store are many, and each would make room for itself: they serve what is there.
    const layers = isKept ? new PulledLayers({ folder: store, maxBytes, isReadOnly: !isWritable }) : undefined;
    const kept: Running["kept"] = { why: undefined };
    const syncTurns = new SyncTurns({
      tell: (error) =>
        log.error("a sync lost its turn", {
          code: error instanceof EngineError ? error.code : undefined,
          error: error instanceof Error ? error.message : String(error),
        }),
    });
    const { state } = remembered;
    const following = follow?.following;
    const fixed = { io, load, file, log, metrics, served, following, layers, state, store, limits, kept, syncTurns };
    const running: Running = { ...fixed, cluster };
    const first = cluster?.policies === undefined ? await openTaken(config, running) : undefined;
    const parts = first?.parts ?? (await waitingParts(running));
    const made = new Map<string, ServerCertificate>();
    const server = await Server.open(config, parts, hostOf(running, made)).catch(async (error: unknown) => {
      await parts.close();
      throw error;
    });
    first?.inForce();
    if (first !== undefined) metrics.reloaded("loaded", io.now());
    for (const listener of server.listeners) log.info("listening", { ...listener });
    tellLayers(running, config);
    log.info("serving", { mode, store, version, config: file ?? "none" });
    const { output } = options;
    const listeners = server.listeners;
    if (isDocumentFormat(output)) io.out(renderDocument("ServeStart", { mode, store, listeners }, output));
    const reloading = new Reloading(running, server, config, watch);
    cluster?.start((why) => void reloading.reload(why));
    const looking = follow?.start(
      () => reloading.config,
      () => reloading.tick(),
      stop.signal,
    );
    looking?.catch((error: unknown) => log.error("a bug ended the looks for snapshots", { error: String(error) }));
    const isWhole = await untilToldToEnd(running, server, reloading, made).catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
    stop.abort();
    await looking?.catch(() => undefined);
    log.info("ended", { whole: isWhole });
    return isWhole ? 0 : cutOff;
  } finally {
    stop.abort();
    await cluster?.close();
    remembered.close();
    served.close();
    log.flush();
  }
}

interface FollowFrom {
  readonly config: Config;
  readonly store: string;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Waits for the first snapshot if the folder has none yet. @throws EngineError why none could be had. */
async function openFollowing({ config, store, limits, io, log, metrics }: FollowFrom) {
  const { followOnce, followSnapshots } = await import("../serve/follow-snapshots.ts");
  const following: Following = { heard: undefined, failure: undefined };
  const { RefusedSnapshot } = await import("../../proxy/snapshot/refused-snapshot.ts");
  const refused = new RefusedSnapshot();
  const parts = { store, limits, io, log, metrics: metrics.snapshots, following, refused };
  // One that an earlier version of the program pulled, or that is damaged, is pulled again.
  if (findCurrentSnapshot(store, limits) === undefined || !canBeRead(store, limits))
    await followOnce({ ...parts, config: () => config }, new AbortController().signal);
  return {
    following,
    start: (inForce: () => Config, switched: () => void, stop: AbortSignal): Promise<void> =>
      followSnapshots({ ...parts, config: inForce, switched }, stop),
  };
}

export function define(command: Command, shell: Shell): void {
  const { io, finish } = shell;
  definePrintWebhooks(command, shell);
  addConfigOptions(command)
    .addOption(outputOption())
    // Kyverno needs it beside --tufMirror; here it changes nothing.
    .addOption(new Option("--enableTuf", "as --tufMirror").hideHelp())
    .addHelpText(
      "after",
      "\nSIGTERM lets running requests finish and ends; a second one ends at once. SIGHUP\n" +
        "reads the configuration again.\n" +
        "Exit codes: 0 ended by a signal; 7 the same, and requests were cut off; 2 the\n" +
        "  configuration is wrong; 6 another process writes to the mirror\n",
    )
    .action(async (options: ServeOptions, self: Command) => finish(await serve(options, self, io)));
}
