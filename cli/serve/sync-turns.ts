/**
 * Whose turn it is to sync. A sync keeps a transaction of the mirror open while answers come, and a mirror has one:
 * that of the configuration before is over first. One that does not end when it is told to loses its turn, and then
 * writes nothing any more.
 */
import { EngineError } from "../../core/errors.ts";

/** How long a sync that was told to stop may take to end. */
const mostMs = 30_000;

export interface SyncTurnsOptions {
  /** Hears of a sync that lost its turn, and of what it ends with after that. */
  readonly tell: (error: unknown) => void;
  /** For tests. */
  readonly graceMs?: number;
}

export class SyncTurns {
  readonly #options: SyncTurnsOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SyncTurnsOptions) {
    this.#options = options;
  }

  /**
   * Begins once all others have ended. Who is told to stop before does not begin, and waits for nobody. `lost` is
   * aborted when the turn is lost: who acts lets go of the mirror then.
   */
  run(act: (lost: AbortSignal) => Promise<void>, stop: AbortSignal): Promise<void> {
    const before = this.#last;
    const mine = this.#turn(before, stop).then((isMine) => (isMine ? this.#inTime(act, stop) : undefined));
    this.#last = Promise.allSettled([before, mine]);
    return mine;
  }

  #turn(before: Promise<unknown>, stop: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (): void => resolve(false);
      stop.addEventListener("abort", leave, { once: true });
      void before.then(() => {
        stop.removeEventListener("abort", leave);
        resolve(true);
      });
      if (stop.aborted) leave();
    });
  }

  async #inTime(act: (lost: AbortSignal) => Promise<void>, stop: AbortSignal): Promise<void> {
    const { tell, graceMs = mostMs } = this.#options;
    const losing = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    let lose: (lost: "lost") => void = () => undefined;
    const lost = new Promise<"lost">((resolve) => {
      lose = resolve;
    });
    const begin = (): void => {
      timer = setTimeout(() => lose("lost"), graceMs);
    };
    stop.addEventListener("abort", begin, { once: true });
    const acting = act(losing.signal);
    try {
      if ((await Promise.race([acting, lost])) !== "lost") return;
    } finally {
      stop.removeEventListener("abort", begin);
      clearTimeout(timer);
    }
    losing.abort();
    const seconds = Math.round(graceMs / 1000);
    const why = `it was told to stop and has not ended within ${seconds} s`;
    tell(new EngineError("timed-out", `${why}: it stores nothing any more, and the next one begins`));
    acting.catch(tell);
  }
}
