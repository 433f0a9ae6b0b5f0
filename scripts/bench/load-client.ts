/** The client of a benchmark, as the benchmark's own process asks it: what it measures of servers on this machine. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { buildBundled } from "./bundled.ts";
import type { Done, Order } from "./client-process.ts";

/** MiB for young objects: in Node's 16 it would collect them several times a second. */
const youngMiB = 64;
/** As many as an API server may have open. More wait in the client, and wait from when they were due. */
const mostConnections = 64;
/** Enough that a server always has something to do. */
const busyConnections = 16;

export interface Most {
  /** Answers a second. */
  readonly rate: number;
  /** Of one processor, what the client used meanwhile: near 1, the rate is the client's own. */
  readonly client: number;
}

/** Milliseconds, each sorted. */
export interface Paced {
  readonly times: Float64Array;
  readonly late: Float64Array;
  /** Which part of the rate was answered. Where requests pile up, it is less than 1. */
  readonly held: number;
  readonly client: number;
}

export class LoadClient {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, "exit").then(([code]) => {
      throw new Error(`the client ended with ${code}`);
    });
    // Nobody may wait for an answer then.
    this.#ended.catch(() => undefined);
  }

  /** Starts it with what it sends: whole requests, as they go over the wire, over and over. */
  static async open(requests: readonly Buffer[]): Promise<LoadClient> {
    const child = fork(await buildBundled("client-process"), [], {
      execArgv: [`--min-semi-space-size=${youngMiB}`, `--max-semi-space-size=${youngMiB}`],
      serialization: "advanced",
    });
    const client = new LoadClient(child);
    await client.send(requests);
    return client;
  }

  /** Other requests from now on. */
  async send(requests: readonly Buffer[]): Promise<void> {
    await this.#ask({ act: "take", requests });
  }

  /** How many are answered in a second, of one server, or of several at the same time. */
  async most(ports: readonly number[], count: number): Promise<Most> {
    const { took, cpu } = await this.#ask({ act: "most", ports, connections: busyConnections, count });
    return { rate: (count * 1000) / took, client: cpu / 1000 / took };
  }

  /** How long answers take where reviews come at a rate, whether or not earlier ones are answered. */
  async paced(port: number, rate: number, count: number): Promise<Paced> {
    const order = { act: "paced", port, connections: mostConnections, count, rate } as const;
    const { took, cpu, times = new Float64Array(), late = new Float64Array() } = await this.#ask(order);
    return { times: times.sort(), late: late.sort(), held: (count * 1000) / rate / took, client: cpu / 1000 / took };
  }

  async #ask(order: Order): Promise<Done> {
    const answer = once(this.#child, "message");
    this.#child.send(order);
    const [done] = (await Promise.race([answer, this.#ended])) as [Done | { readonly failed: string }];
    if ("failed" in done) throw new Error(`the client: ${done.failed}`);
    return done;
  }

  end(): void {
    this.#child.disconnect();
  }
}

/** Of sorted times, the one that this share of them does not pass. */
export const part = (sorted: Float64Array, share: number): number =>
  sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
