/**
 * A server whose configuration and snapshot change while it runs: what does not load changes nothing, and is told.
 * Source: docs/spec/command-line.md#serve.
 */
import { admissionPaths } from "../../core/admission/review-answer.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Log } from "../../proxy/log.ts";
import type { Metrics } from "../../proxy/metrics.ts";
import type { PulledLayers } from "../../proxy/registry/pulled-layers.ts";
import type { FileWatch } from "../../proxy/serve/file-watch.ts";
import { filesOf, type ReadConfig, requireConfig } from "../../proxy/serve/read-config.ts";
import type { Parts, Server } from "../../proxy/serve/server.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { State } from "../../proxy/state/state.ts";
import type { CommandIO } from "../command.ts";
import type { SyncTurns } from "./sync-turns.ts";
import { ImageCounts } from "../../proxy/mirror/image-counts.ts";
import { watchFreshness } from "./watch-freshness.ts";
import type { Following } from "./follow-snapshots.ts";
import { openParts } from "./open-parts.ts";
import type { ServeCluster } from "./serve-cluster.ts";
import type { ServedMirror } from "./served-mirror.ts";

/** What is fixed from start to end. */
export interface Running {
  readonly io: CommandIO;
  readonly load: () => ReadConfig;
  readonly file: string | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly served: ServedMirror;
  /** Of a mirror that follows snapshots. */
  readonly following: Following | undefined;
  readonly layers: PulledLayers | undefined;
  /** What this instance remembers; opened when something is to be remembered. */
  readonly state: () => State | undefined;
  readonly store: string;
  readonly limits: Limits;
  /** Of the newest configuration, where it does not load. */
  readonly kept: { why: EngineError | undefined };
  /** Of all configurations, one after the other. */
  readonly syncTurns: SyncTurns;
  /** The API server, where it is asked. */
  readonly cluster?: ServeCluster | undefined;
}

/** Settings that are read once, at the start. @throws EngineError `invalid-config` where one has changed. */
function refuseFixed(next: Config, now: Config): void {
  const fixed = ({
    store,
    mode,
    snapshot,
    proxy,
    limits,
    cluster,
    policies,
    webhooks,
  }: Config): Readonly<Record<string, unknown>> => ({
    store,
    mode,
    cluster: JSON.stringify([
      cluster,
      policies.cluster,
      policies.exceptionNamespaces,
      policies.namespacedImageRegistry,
      webhooks.write,
    ]),
    "snapshot.from": snapshot.from,
    "proxy.layers": JSON.stringify(proxy.layers),
    "limits.maxBundleSize": limits.maxBundleSize,
  });
  const before = fixed(now);
  for (const [name, value] of Object.entries(fixed(next)))
    if (value !== before[name])
      throw new EngineError("invalid-config", `${name} cannot change while serve runs: restart it`, { subject: name });
}

/**
 * What answers before the policies of the cluster were loaded: it is not ready, and nothing is admitted. An answer that
 * is no denial would be overlooked where the API server may.
 */
export async function waitingParts({
  cluster,
  kept,
  limits,
}: Pick<Running, "cluster" | "kept" | "limits">): Promise<Parts> {
  const { refuseReviews } = await import("../../proxy/webhook/refuse-reviews.ts");
  const look = (): void => {
    cluster?.policies?.files();
    throw kept.why ?? new EngineError("unreachable", "the policies of the cluster are being loaded");
  };
  const why = (): string => {
    try {
      look();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return `[${error.code}] nothing is admitted before the policies of the cluster are loaded: ${error.message}`;
    }
    return "";
  };
  return {
    mounts: [{ what: "admission", paths: admissionPaths, handle: refuseReviews(limits, why) }],
    checks: [{ name: "policies", look }],
    close: () => Promise.resolve(),
  };
}

/** The parts of a configuration over the newest mirror, which is let go of when they are closed. */
export async function openTaken(config: Config, running: Running) {
  const { served, following, layers, state, metrics, limits, io, log, kept, cluster, syncTurns } = running;
  const { mirror, adopt, release } = served.take();
  const opening = { config, mirror, following, layers, state, metrics, limits, io, log, cluster, syncTurns };
  try {
    const parts = await openParts({ ...opening, kept: () => kept.why });
    let counts: ImageCounts | undefined;
    const close = async (): Promise<void> => {
      counts?.close();
      await parts.close();
      release();
    };
    const inForce = (): void => {
      adopt();
      metrics.freshness.watch(watchFreshness({ config, mirror, io, log }));
      counts = new ImageCounts({ mirror, now: () => io.now(), failed: countFailed(log) });
      metrics.mirror.watchImages(() => counts?.look());
      metrics.recheck.policies(parts.refuting);
      cluster?.inForce({ config, policies: parts.policies });
      if (mirror.currentSnapshot !== undefined) metrics.snapshots.reads(mirror.currentSnapshot);
    };
    return { parts: { ...parts, close }, inForce };
  } catch (error) {
    release();
    throw error;
  }
}

const countFailed =
  (log: Log) =>
  ({ code, message, subject }: EngineError): void =>
    log.error("the images of the mirror cannot be counted", { code, error: message, subject });

/** Changes the configuration while it runs. One that does not load changes nothing, and is told. */
export class Reloading {
  readonly #running: Running;
  readonly #server: Server;
  readonly #watch: FileWatch;
  #config: Config;
  #isBusy = false;
  #isWanted = false;
  /** Statements of snapshots: of the one that is read, and of one that cannot be. */
  #read: string | undefined;
  #refused: string | undefined;

  /** `watch`: of the files as they were before they were read. */
  constructor(running: Running, server: Server, config: Config, watch: FileWatch) {
    this.#running = running;
    this.#server = server;
    this.#config = config;
    this.#watch = watch;
    this.#read = running.served.mirror.currentSnapshot?.statement;
  }

  get config(): Config {
    return this.#config;
  }

  /** Called now and then. */
  tick(): void {
    const changed = this.#watch.look();
    const { renew } = this.#server;
    if (changed.length > 0) void this.reload(`changed: ${changed.join(", ")}`);
    else if (renew !== undefined && renew <= this.#running.io.now()) void this.reload("a certificate is to be renewed");
    else if (this.#newer() !== undefined) void this.reload("another snapshot is here");
  }

  /** A snapshot that is to be read; of one that cannot be it was said, until something changes. */
  #newer(): string | undefined {
    try {
      const newer = this.#running.served.newer();
      return newer === this.#refused ? undefined : newer;
    } catch (error) {
      return this.#tellRefused(error, "damaged");
    }
  }

  #tellRefused(error: unknown, statement: string | undefined): undefined {
    if (!(error instanceof EngineError)) throw error;
    if (this.#refused === statement) return;
    this.#refused = statement;
    const { code, message, subject } = error;
    this.#running.log.error("the new snapshot is not read: the one before stays", { code, error: message, subject });
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
    const { log, metrics, io, load, file, kept } = this.#running;
    // What changes while it is read is seen at the next look.
    this.#watch.look();
    try {
      const config = requireConfig(load());
      refuseFixed(config, this.#config);
      this.#watch.set([...watchedFiles(file, this.#config), ...watchedFiles(file, config)]);
      await this.#putInForce(config);
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
      await this.#switchOnly();
    }
    this.#watch.set(watchedFiles(file, this.#config));
  }

  async #putInForce(config: Config): Promise<void> {
    const { parts, inForce } = await openTaken(config, this.#running);
    try {
      await this.#server.replace(config, parts);
    } catch (error) {
      await parts.close();
      throw error;
    }
    inForce();
    const { currentSnapshot } = this.#running.served.mirror;
    if (currentSnapshot === undefined || currentSnapshot.statement === this.#read) return;
    const { sequence, contentId, created, statement } = currentSnapshot;
    this.#read = statement;
    this.#refused = undefined;
    this.#running.log.info("a snapshot is read from now on", { sequence, contentId, created });
  }

  /** A configuration that is wrong does not hold back what is known. */
  async #switchOnly(): Promise<void> {
    let newer: string | undefined;
    try {
      newer = this.#running.served.newer();
      if (newer !== undefined) await this.#putInForce(this.#config);
    } catch (error) {
      this.#tellRefused(error, newer ?? "damaged");
    }
  }
}

export const watchedFiles = (file: string | undefined, config: Config): readonly string[] => [
  ...(file === undefined ? [] : [file]),
  ...filesOf(config),
];
