/**
 * Decisions on their way into `state.db`: an answer does not wait for the disk, and many are written at once. Source:
 * docs/spec/offline.md#what-an-instance-remembers.
 */
import { Buffer } from "node:buffer";
import { EngineError } from "../../core/errors.ts";
import type { DecisionId } from "./decision-log.ts";
import { syncLater } from "./report-faults.ts";
import type { State } from "./state.ts";

export interface DecisionMemoryOptions {
  readonly state: State;
  readonly now: () => Date;
  readonly report: (error: EngineError) => void;
}

/** A decision to remember; `record` is made when it is written. */
export interface ToRemember {
  readonly subject: string;
  readonly allowed: boolean;
  readonly record: () => string;
}

const flushMs = 200;
/** Written in one turn of the event loop: requests that come meanwhile do not wait for all. */
const perTurn = 4;
/** At most so many wait: beyond that the oldest are written, or lost if the disk does not take them. */
const mostWaiting = 256;

interface Waiting extends ToRemember {
  readonly id: DecisionId;
  readonly at: string;
}

export class DecisionMemory {
  readonly #options: DecisionMemoryOptions;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(options: DecisionMemoryOptions) {
    this.#options = options;
  }

  remember(id: DecisionId, one: ToRemember): void {
    this.#waiting.push({ ...one, id, at: this.#options.now().toISOString() });
    if (this.#waiting.length > mostWaiting) this.#write(perTurn);
    if (this.#turn === undefined) this.#timer ??= setTimeout(() => this.#flush(), flushMs).unref();
  }

  /** Writes what still waits. */
  close(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#write(this.#waiting.length);
    syncLater(this.#options.state, this.#options.report);
  }

  #flush(): void {
    this.#timer = undefined;
    this.#turn = undefined;
    this.#write(perTurn);
    if (this.#waiting.length > 0) this.#turn = setImmediate(() => this.#flush()).unref();
    else syncLater(this.#options.state, this.#options.report);
  }

  /** What an instance remembers decides nothing: that it cannot be written keeps nobody from an answer. */
  #write(most: number): void {
    const waiting = this.#waiting.splice(0, most);
    if (waiting.length === 0) return;
    const { state, now, report } = this.#options;
    const rows = waiting.map(({ id, at, subject, allowed, record }) => ({
      id,
      at,
      subject,
      allowed,
      record: new Uint8Array(Buffer.from(record())),
    }));
    const put = (some: typeof rows): EngineError | undefined => {
      try {
        state.useUnsynced(({ decisions }) => decisions.put(some, now()));
        return undefined;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        return error;
      }
    };
    const failed = put(rows);
    if (failed?.code !== "over-limit") {
      if (failed !== undefined) report(failed);
      return;
    }
    // One that is too large must not cost the others.
    for (const row of rows) {
      const error = put([row]);
      if (error !== undefined) report(error);
    }
  }
}
