/**
 * Writes to an API server that wait for their turn: a few at a time, not many in a second, and never so many that a
 * burst of requests fills memory. Nobody waits for them. Source: docs/spec/kyverno.md#reports-and-events.
 */
import { setTimeout as wait } from "node:timers/promises";

/** `gone`: it is not tried again. */
export type Attempted = "written" | "unchanged" | "gone";

export interface WriteJob {
  readonly kind: "event" | "report";
  /** One of the same key that waits gives way to it. */
  readonly key: string;
  /** Where there are too many, the namespace that has most of them gives way. Absent: the cluster itself. */
  readonly namespace?: string | undefined;
  /** @throws whatever makes it worth another try. */
  readonly run: (signal: AbortSignal) => Promise<Attempted>;
}

export interface WriteQueueOptions {
  readonly most: number;
  /** Hears what became of each. */
  readonly counted: (kind: WriteJob["kind"], result: "written" | "unchanged" | "dropped" | "failed") => void;
  readonly waiting: (count: number) => void;
  /** Hears each failure, before it is tried again or given up. */
  readonly failed: (kind: WriteJob["kind"], error: unknown) => void;
  /** For tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

interface Waiting {
  readonly job: WriteJob;
  readonly tries: number;
}

/** What comes together is written together. */
const gatherMs = 500;
/** Between two writes: twenty in a second. */
const paceMs = 50;
const mostTries = 4;
const firstDelayMs = 1000;
const writeMs = 10_000;
/** At the end: what can still be written. */
const closeMs = 2000;

export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #waiting = new Map<string, Waiting>();
  /** By namespace; the one whose turn is next comes first. */
  readonly #shares = new Map<string, Set<string>>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #isClosing = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  add(job: WriteJob): void {
    if (this.#isClosing) return;
    this.#put(job, 0);
    this.#start();
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#waiting.size > 0 && !this.#stop.signal.aborted) this.#start();
    });
  }

  #put(job: WriteJob, tries: number): void {
    const { most, counted, waiting } = this.#options;
    const before = this.#waiting.get(job.key);
    if (before !== undefined && before.job.namespace !== job.namespace) this.#take(job.key);
    // The place of the one before stays: whoever changes often must not wait for ever.
    this.#waiting.set(job.key, { job, tries });
    this.#share(job).add(job.key);
    if (this.#waiting.size > most) {
      const [oldest = job.key] = this.#largestShare();
      counted(this.#take(oldest)?.job.kind ?? job.kind, "dropped");
    }
    waiting(this.#waiting.size);
  }

  /** Keys of what waits for one namespace, the oldest first. */
  #share({ namespace = "" }: WriteJob): Set<string> {
    const found = this.#shares.get(namespace) ?? new Set();
    this.#shares.set(namespace, found);
    return found;
  }

  /** Whoever makes resources in one namespace by the thousand costs the others nothing. */
  #largestShare(): ReadonlySet<string> {
    let largest: ReadonlySet<string> = new Set();
    for (const share of this.#shares.values()) if (share.size > largest.size) largest = share;
    return largest;
  }

  #take(key: string): Waiting | undefined {
    const found = this.#waiting.get(key);
    if (found === undefined) return undefined;
    this.#waiting.delete(key);
    const share = this.#share(found.job);
    share.delete(key);
    if (share.size === 0) this.#shares.delete(found.job.namespace ?? "");
    return found;
  }

  /** A namespace at a time has its turn, so that one in which much waits keeps no other from being written. */
  #next(): Waiting | undefined {
    const [first] = this.#shares;
    const [key] = first?.[1] ?? [];
    if (first === undefined || key === undefined) return undefined;
    const taken = this.#take(key);
    if (this.#shares.delete(first[0])) this.#shares.set(...first);
    return taken;
  }

  async #run(): Promise<void> {
    await this.#pause(gatherMs);
    while (!this.#stop.signal.aborted) {
      const next = this.#next();
      if (next === undefined) return;
      const { job, tries } = next;
      this.#options.waiting(this.#waiting.size);
      await this.#attempt(job, tries);
    }
  }

  async #attempt(job: WriteJob, tries: number): Promise<void> {
    const { counted, failed } = this.#options;
    try {
      const attempted = await job.run(AbortSignal.any([this.#stop.signal, AbortSignal.timeout(writeMs)]));
      counted(job.kind, attempted === "gone" ? "failed" : attempted);
      if (attempted === "written") await this.#pause(paceMs);
    } catch (error) {
      failed(job.kind, error);
      // One that came meanwhile is newer.
      if (tries + 1 >= mostTries || this.#waiting.has(job.key) || this.#isClosing) counted(job.kind, "failed");
      else this.#put(job, tries + 1);
      await this.#pause(firstDelayMs * 2 ** tries);
    }
  }

  /** Ends early where it is to end. */
  async #pause(ms: number): Promise<void> {
    if (this.#isClosing) return;
    const { sleep = (time, signal) => wait(time, undefined, { signal, ref: false }) } = this.#options;
    try {
      await sleep(ms, this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  /** Writes what can be written in a moment; the rest is dropped. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const timer = setTimeout(() => this.#stop.abort(), this.#waiting.size === 0 ? 0 : closeMs);
    await this.#running;
    clearTimeout(timer);
    this.#stop.abort();
    for (const { job } of this.#waiting.values()) this.#options.counted(job.kind, "dropped");
    this.#waiting.clear();
    this.#shares.clear();
    this.#options.waiting(0);
  }
}
