/** Writes the webhook configurations while `serve` runs: one of its instances does. Loaded where that is asked for. */
import type { JsonObject, Policy } from "../../core/index.ts";
import { EngineError } from "../../core/errors.ts";
import type { Marker } from "../../proxy/cluster/break-glass.ts";
import { ownName } from "../../proxy/cluster/break-glass.ts";
import { Lease } from "../../proxy/cluster/lease.ts";
import { type Outcome, WebhookWriter } from "../../proxy/cluster/webhook-writer.ts";
import type { Log } from "../../proxy/log.ts";
import type { ClusterMetrics } from "../../proxy/metrics.ts";
import { readDestination } from "../../proxy/serve/destination.ts";
import type { ReadinessCheck } from "../../proxy/serve/health.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { Cluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import { webhookConfigurations, type WebhookConfigurations } from "../../proxy/webhook/webhook-configurations.ts";
import type { CommandIO } from "../command.ts";

export interface KeepParts {
  readonly cluster: Cluster;
  readonly io: CommandIO;
  readonly log: Log;
  readonly metrics: ClusterMetrics;
  /** PEM of the authorities by which the API server knows the listener of a configuration. */
  readonly authorities: (config: Config, signal: AbortSignal) => Promise<string>;
  /** For tests: in place of the time between two looks. */
  readonly everyMs?: number;
}

export interface InForce {
  readonly config: Config;
  readonly policies: readonly Policy[];
}

/** Somebody may have changed or removed them, or broken the glass. */
const defaultEveryMs = 10_000;

export class KeptWebhooks {
  readonly #parts: KeepParts;
  readonly #lease: Lease;
  readonly #writer: WebhookWriter;
  readonly #stop = new AbortController();
  #inForce: InForce | undefined;
  #failure: EngineError | undefined;
  #marker: Marker | undefined;
  #exempt: readonly string[] = [];
  #told = "";
  #wake: () => void = () => undefined;
  #isDue = false;
  #ended: Promise<unknown> | undefined;

  constructor(parts: KeepParts) {
    const { cluster, io, log, metrics } = parts;
    this.#parts = parts;
    const namespace = cluster.namespace();
    const now = (): Date => io.now();
    this.#lease = new Lease({
      cluster,
      namespace,
      name: ownName,
      identity: `${io.host.name}-${io.host.pid}-${crypto.randomUUID().slice(0, 8)}`,
      now,
      elapsed: () => performance.now(),
      changed: (leads, why) => {
        metrics.leads(leads);
        if (leads) log.info("this instance keeps the webhook configurations", { lease: `${namespace}/${ownName}` });
        else log.info("another instance may keep the webhook configurations", { code: why?.code, error: why?.message });
        this.soon();
      },
    });
    this.#writer = new WebhookWriter({
      cluster,
      namespace,
      now,
      leftMs: () => this.#lease.leftMs,
      wanted: (signal) => this.#wanted(signal),
      exempt: () => this.#exempt,
    });
  }

  /** Why they may not be as the policies are; and that the glass is broken. */
  get check(): ReadinessCheck {
    return {
      name: "webhooks",
      isOnlySaid: true,
      look: () => {
        if (this.#marker !== undefined) {
          const { reason, by, since } = this.#marker;
          throw new EngineError("invalid-config", `the glass is broken since ${since} by ${by}: ${reason}`);
        }
        if (this.#failure !== undefined) throw this.#failure;
      },
    };
  }

  /** From now on these are in force. */
  serves(inForce: InForce): void {
    this.#inForce = inForce;
    this.soon();
  }

  soon(): void {
    this.#isDue = true;
    this.#wake();
  }

  start(): void {
    const { signal } = this.#stop;
    this.#ended = Promise.all([this.#lease.run(signal), this.#run(signal)]).catch((error: unknown) =>
      this.#parts.log.error("a bug ended the keeping of the webhook configurations", {
        error: error instanceof Error ? error.stack : String(error),
      }),
    );
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#ended;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { everyMs = defaultEveryMs } = this.#parts;
    while (!signal.aborted) {
      this.#isDue = false;
      await this.#look(signal);
      if (!this.#isDue && !signal.aborted)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, everyMs);
          this.#wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    try {
      const outcome = await this.#writer.look(signal);
      this.#failure = undefined;
      this.#tell(outcome);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (signal.aborted) return;
      this.#failure = error;
      const { code, message, subject } = error;
      this.#tellOnce(`failed ${code} ${message}`, () =>
        this.#parts.log.error("the webhook configurations were not written", { code, error: message, subject }),
      );
    }
  }

  #tell(outcome: Outcome): void {
    const { log, metrics } = this.#parts;
    this.#marker = outcome.state === "broken-glass" ? outcome.marker : undefined;
    // A follower does not look.
    if (outcome.state !== "follows") metrics.brokenGlass(this.#marker !== undefined);
    if (outcome.state === "broken-glass") {
      const { reason, by, since } = outcome.marker;
      this.#tellOnce(`broken ${since}`, () =>
        log.warn("the glass is broken: the webhook configurations are not written", { reason, by, since }),
      );
    } else if (outcome.state === "written") {
      log.info("the webhook configurations were written", { exempt: this.#exempt });
      this.#told = "";
    } else this.#told = "";
  }

  #tellOnce(text: string, tell: () => void): void {
    if (this.#told !== text) tell();
    this.#told = text;
  }

  async #wanted(signal: AbortSignal): Promise<readonly JsonObject[] | undefined> {
    if (this.#inForce === undefined) return undefined;
    const authorities = await this.#parts.authorities(this.#inForce.config, signal);
    let made = this.#make([], authorities);
    // Names of resources that nobody can guess.
    if (made.guessed.length > 0) made = this.#make(await this.#parts.cluster.kinds(signal), authorities);
    this.#exempt = made.exempt;
    this.#parts.metrics.exempt(made.exempt);
    return made.objects;
  }

  #make(known: Awaited<ReturnType<Cluster["kinds"]>>, authorities: string): WebhookConfigurations {
    const { config, policies } = this.#inForce as InForce;
    const { service, url, timeoutSeconds, exemptNamespaces, exemptLabelled, ownLabels } = config.webhooks;
    const read = readDestination(url, service);
    if ("wrong" in read) throw new EngineError("invalid-config", read.wrong, { subject: `webhooks.${read.of}` });
    const labels = Object.fromEntries(ownLabels.map((text) => text.split("=") as [string, string]));
    return webhookConfigurations({
      policies,
      destination: read.to,
      authorities,
      timeoutSeconds,
      exemptNamespaces,
      exemptsLabelled: exemptLabelled,
      own: ownLabels.length === 0 ? undefined : { namespace: this.#parts.cluster.namespace(), labels },
      known,
    });
  }
}
