/**
 * Which of several instances writes: the holder of a Lease. Times in it are of other clocks, so that they are never
 * compared with one's own: a Lease that did not change for its whole duration, by one's own clock, has no holder.
 * Source: https://kubernetes.io/docs/concepts/architecture/leases/#leader-election.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, textOr } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Cluster } from "../upstream/cluster/open-cluster.ts";
import { adopted, ownersIn, whoAsks } from "./own-account.ts";

export interface LeaseOptions {
  readonly cluster: Pick<Cluster, "read" | "write">;
  readonly namespace: string;
  readonly name: string;
  /** Of this instance, and of no other. */
  readonly identity: string;
  readonly now: () => Date;
  /** A clock that is never set, in milliseconds. */
  readonly elapsed: () => number;
  /** For tests: what waits, and what spreads the waiting. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
  /** It leads, or it does not any more; and why not. */
  readonly changed: (leads: boolean, why?: EngineError) => void;
}

/** Others take it over when it did not change for so long. */
const durationMs = 15_000;
/** Who could not renew it for so long acts no longer: before others may begin, whatever their requests take. */
const actsMs = 10_000;
const everyMs = 3_000;
/** For one request. */
const requestMs = 4_000;

interface Seen {
  /** What it was, as one text. */
  readonly record: string;
  /** When it was first seen like that, by our clock. */
  readonly at: number;
}

export class Lease {
  readonly #options: LeaseOptions;
  #seen: Seen | undefined;
  /** When the request was sent that renewed it last. */
  #renewed: number | undefined;
  #told = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** How long this instance may still act without asking: nothing where another leads. */
  get leftMs(): number {
    if (this.#renewed === undefined) return 0;
    return Math.max(0, Math.floor(actsMs - (this.#options.elapsed() - this.#renewed)));
  }

  get leads(): boolean {
    return this.leftMs > 0;
  }

  /** Until it is told to stop; then another may lead at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { sleep = sleepFor, random = Math.random } = this.#options;
    while (!signal.aborted) {
      await this.#step(signal);
      try {
        await sleep(everyMs * (0.8 + 0.4 * random()), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
    if (this.leads) await this.#release();
    this.#tell();
  }

  async #step(signal: AbortSignal): Promise<void> {
    let why: EngineError | undefined;
    try {
      await this.#tryOnce(AbortSignal.any([signal, AbortSignal.timeout(requestMs)]));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // The time in which it may act goes on.
      why = error;
    }
    this.#tell(why);
  }

  #tell(why?: EngineError): void {
    const { leads } = this;
    if (leads === this.#told) return;
    this.#told = leads;
    this.#options.changed(leads, why);
  }

  get #at() {
    const { namespace, name } = this.#options;
    return { apiVersion: "coordination.k8s.io/v1", resource: "leases", namespace, name };
  }

  async #tryOnce(signal: AbortSignal): Promise<void> {
    const { cluster, identity, elapsed } = this.#options;
    const found = await cluster.read(this.#at, signal);
    const began = elapsed();
    if (found === undefined) {
      const owners = ownersIn(this.#options.namespace, await whoAsks(cluster, signal));
      const made = await cluster.write.create(this.#at, this.#lease(undefined, { owners }), signal);
      this.#renewed = made.state === "done" ? began : undefined;
      return;
    }
    const spec = isObject(found.spec) ? found.spec : {};
    const holder = textOr(spec.holderIdentity);
    const record = JSON.stringify([found.metadata, spec]);
    if (record !== this.#seen?.record) this.#seen = { record, at: began };
    const isFree = holder === "" || began - this.#seen.at >= durationMs;
    if (holder !== identity && !isFree) {
      this.#renewed = undefined;
      return;
    }
    const written = await cluster.write.update(this.#at, this.#lease(found), signal);
    if (written.state === "done") this.#renewed = began;
    // Somebody was quicker. Who leads is seen the next time.
    else this.#renewed = undefined;
  }

  /** With the version that it had, so that of two who take it one is refused. */
  #lease(
    before: JsonObject | undefined,
    {
      holder = this.#options.identity,
      owners = [],
    }: { readonly holder?: string; readonly owners?: readonly JsonObject[] } = {},
  ): JsonObject {
    const { namespace, name, now, identity } = this.#options;
    const at = microTime(now());
    const spec = before !== undefined && isObject(before.spec) ? before.spec : {};
    const isOurs = spec.holderIdentity === identity;
    const transitions = typeof spec.leaseTransitions === "number" ? spec.leaseTransitions : 0;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata:
        before !== undefined && isObject(before.metadata) ? before.metadata : adopted({ namespace, name }, owners),
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: durationMs / 1000,
        acquireTime: isOurs ? (spec.acquireTime ?? at) : at,
        renewTime: at,
        leaseTransitions: isOurs ? transitions : transitions + 1,
      },
    };
  }

  async #release(): Promise<void> {
    const { cluster } = this.#options;
    const signal = AbortSignal.timeout(requestMs);
    this.#renewed = undefined;
    try {
      const found = await cluster.read(this.#at, signal);
      if (found !== undefined && isObject(found.spec) && found.spec.holderIdentity === this.#options.identity)
        await cluster.write.update(this.#at, this.#lease(found, { holder: "" }), signal);
    } catch (error) {
      // The others wait for the Lease's whole duration then.
      if (!(error instanceof EngineError)) throw error;
    }
  }
}

const sleepFor = (ms: number, signal: AbortSignal): Promise<unknown> => wait(ms, undefined, { signal });

/** As Kubernetes writes a MicroTime. */
const microTime = (date: Date): string => date.toISOString().replace("Z", "000Z");
