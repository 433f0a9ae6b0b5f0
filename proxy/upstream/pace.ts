/** How often a host is asked: requests to one host keep a distance, those to others do not wait for them. */
import { setTimeout as wait } from "node:timers/promises";

export interface PaceOptions {
  /** Requests in a second, to each `host` or `host:port`. Undefined: any number. */
  readonly perSecond: number | ((host: string) => number | undefined);
  /** For tests. */
  readonly now?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Waits for the host's next turn. @throws the reason of the signal when it comes first. */
export function createPace({ perSecond, now = Date.now, sleep = sleepFor }: PaceOptions) {
  const rateOf = typeof perSecond === "number" ? () => perSecond : perSecond;
  const nextTurn = new Map<string, number>();
  return async (url: URL, signal: AbortSignal): Promise<void> => {
    const rate = rateOf(url.host);
    if (rate === undefined) return;
    const turn = Math.max(now(), nextTurn.get(url.host) ?? 0);
    nextTurn.set(url.host, turn + 1000 / rate);
    const ms = turn - now();
    if (ms > 0) await sleep(ms, signal);
  };
}

const sleepFor = async (ms: number, signal: AbortSignal): Promise<void> => {
  await wait(ms, undefined, { signal });
};
