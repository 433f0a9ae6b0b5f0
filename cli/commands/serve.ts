/** `sallyport serve`: the servers, from their configuration to their end. Source: docs/spec/command-line.md#serve. */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { PulledLayers } from "../../proxy/registry/pulled-layers.ts";
import { createLog, type Log } from "../../proxy/log.ts";
import { createMetrics, type Metrics } from "../../proxy/metrics.ts";
import { authorityFolder } from "../../proxy/serve/authority-folder.ts";
import { FileWatch } from "../../proxy/serve/file-watch.ts";
import { filesOf, type ReadConfig, requireConfig } from "../../proxy/serve/read-config.ts";
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
import { openParts } from "../serve/open-parts.ts";
import { lockHolder } from "../input/store.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { version } from "../version.ts";
import { definePrintWebhooks } from "./serve-print-webhooks.ts";

type ServeOptions = OutputOptions & ConfigOptions;

/** How often files are looked at. */
const lookMs = 2000;

/** What is fixed from start to end. */
interface Running {
  readonly io: CommandIO;
  readonly load: () => ReadConfig;
  readonly file: string | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly mirror: Mirror;
  readonly layers: PulledLayers | undefined;
  /** What this instance remembers; opened when something is to be remembered. */
  readonly state: () => State | undefined;
  readonly store: string;
  readonly limits: Limits;
  /** Of the newest configuration, where it does not load. */
  readonly kept: { why: EngineError | undefined };
}

function hostOf({ io, log, metrics, store }: Running): ServerHost {
  return {
    readFile: (path) => readGivenText(path, io),
    async ownCertificate(names) {
      const { makeServerCertificate } = await import("../../proxy/serve/own-certificate.ts");
      const all = ["localhost", "127.0.0.1", "::1", io.host.name, ...names];
      const { certificate, key, renew, expires } = await makeServerCertificate(all, authorityFolder(store), io.now());
      log.info("a certificate was made", { expires: expires.toISOString(), authority: `${store}/tls/ca.pem` });
      return { tls: { certificate, key }, renew };
    },
    log,
    metrics,
    now: () => io.now(),
  };
}

/** Settings that are read once, at the start. @throws EngineError `invalid-config` where one has changed. */
function refuseFixed(next: Config, now: Config): void {
  const fixed = ({ store, mode, proxy, limits }: Config): Readonly<Record<string, unknown>> => ({
    store,
    mode,
    "proxy.layers": JSON.stringify(proxy.layers),
    "limits.maxBundleSize": limits.maxBundleSize,
  });
  const before = fixed(now);
  for (const [name, value] of Object.entries(fixed(next)))
    if (value !== before[name])
      throw new EngineError("invalid-config", `${name} cannot change while serve runs: restart it`, { subject: name });
}

/** Changes the configuration while it runs. One that does not load changes nothing, and is told. */
class Reloading {
  readonly #running: Running;
  readonly #server: Server;
  readonly #watch: FileWatch;
  #config: Config;
  #isBusy = false;
  #isWanted = false;

  /** `watch`: of the files as they were before they were read. */
  constructor(running: Running, server: Server, config: Config, watch: FileWatch) {
    this.#running = running;
    this.#server = server;
    this.#config = config;
    this.#watch = watch;
  }

  /** Called now and then. */
  tick(): void {
    const changed = this.#watch.look();
    const { renew } = this.#server;
    if (changed.length > 0) void this.reload(`changed: ${changed.join(", ")}`);
    else if (renew !== undefined && renew <= this.#running.io.now()) void this.reload("a certificate is to be renewed");
  }

  /** Runs one at a time. A request during a run starts one more when it ends. */
  async reload(why: string): Promise<void> {
    this.#isWanted = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#replace(why);
    }
    this.#isBusy = false;
  }

  async #replace(why: string): Promise<void> {
    const { log, metrics, mirror, layers, state, limits, io, load, file, kept } = this.#running;
    // What changes while it is read is seen at the next look.
    this.#watch.look();
    try {
      const config = requireConfig(load());
      refuseFixed(config, this.#config);
      this.#watch.set([...watchedFiles(file, this.#config), ...watchedFiles(file, config)]);
      const opening = { config, mirror, layers, state, metrics: metrics.recheck, limits, io, log };
      const parts = await openParts({ ...opening, kept: () => kept.why });
      try {
        await this.#server.replace(config, parts);
      } catch (error) {
        await parts.close();
        throw error;
      }
      this.#config = config;
      kept.why = undefined;
      metrics.reloaded("loaded", io.now());
      log.info("the configuration was loaded again", { why });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      metrics.reloaded("kept", io.now());
      kept.why = error;
      const { code, message, subject } = error;
      log.error("the new configuration is wrong: the old one stays in force", { why, code, error: message, subject });
    }
    this.#watch.set(watchedFiles(file, this.#config));
  }
}

const watchedFiles = (file: string | undefined, config: Config): readonly string[] => [
  ...(file === undefined ? [] : [file]),
  ...filesOf(config),
];

/** Until a signal says so. True: every request that was in work got its answer. */
function untilToldToEnd(io: CommandIO, server: Server, reloading: Reloading, log: Log): Promise<boolean> {
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
    io.host.onSignal("SIGHUP", () => void reloading.reload("SIGHUP").catch(reject));
    // A terminal's Ctrl-C and Kubernetes' end are the same; 128 and the number of the signal, as shells say it.
    ends("SIGINT", 130);
    ends("SIGTERM", 143);
  });
}

/** The code of the work that was done in part: requests were cut off. */
const cutOff: ExitCode = 7;

/** Said at start: otherwise a 503 for a layer tells it, when the registry is already gone. */
function tellLayers({ mirror, log }: Running, { mode, listeners, upstreams, proxy }: Config): void {
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
      fix: "sallyport mirror sync --with-layers, or sallyport mirror add --with-layers",
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
      log.error("images that are let in undecided are not remembered", { code, error: message, subject });
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
    write: (line) => io.err(line),
    now: () => io.now(),
  });
  for (const { place, message } of read.warnings) log.warn(message, { place });
  const limits = limitsOfBundles(config.limits.maxBundleSize, io.limits);
  const remembered = rememberIn(store, limits, log);
  const mirror = openMirror(store, { mode: mode === "online" ? "write" : "read", limits, holder: lockHolder(io) });
  try {
    const metrics = createMetrics(version);
    const { store: isKept, size: maxBytes } = config.proxy.layers;
    // Readers of one store are many, and each would make room for itself: they serve what is there.
    const layers = isKept ? new PulledLayers({ folder: store, maxBytes, isReadOnly: !mirror.isWritable }) : undefined;
    const kept: Running["kept"] = { why: undefined };
    const { state } = remembered;
    const running: Running = { io, load, file, log, metrics, mirror, layers, state, store, limits, kept };
    const opening = { config, mirror, layers, state, metrics: metrics.recheck, limits, io, log };
    const parts = await openParts({ ...opening, kept: () => kept.why });
    const server = await Server.open(config, parts, hostOf(running)).catch(async (error: unknown) => {
      await parts.close();
      throw error;
    });
    metrics.reloaded("loaded", io.now());
    for (const listener of server.listeners) log.info("listening", { ...listener });
    tellLayers(running, config);
    log.info("serving", { mode, store, version, config: file ?? "none" });
    const { output } = options;
    const listeners = server.listeners;
    if (isDocumentFormat(output)) io.out(renderDocument("ServeStart", { mode, store, listeners }, output));
    const reloading = new Reloading(running, server, config, watch);
    const isWhole = await untilToldToEnd(io, server, reloading, log).catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
    log.info("ended", { whole: isWhole });
    return isWhole ? 0 : cutOff;
  } finally {
    remembered.close();
    mirror.close();
  }
}

export function define(command: Command, shell: Shell): void {
  const { io, finish } = shell;
  definePrintWebhooks(command, shell);
  addConfigOptions(command)
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\nSIGTERM lets running requests finish and ends; a second one ends at once. SIGHUP\n" +
        "reads the configuration again.\n" +
        "Exit codes: 0 ended by a signal; 7 the same, and requests were cut off; 2 the\n" +
        "  configuration is wrong; 6 another process writes to the mirror\n",
    )
    .action(async (options: ServeOptions, self: Command) => finish(await serve(options, self, io)));
}
