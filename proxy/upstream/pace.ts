/** How often a host is asked: requests to one host keep a distance, those to others do not wait for them. */
import { setTimeout as wait } from "node:timers/promises";
import { hostOf } from "./proxy-choice.ts";

export interface PaceOptions {
  /** Requests in a second, to each host. */
  readonly perSecond: number;
  /** For tests. */
  readonly now?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Waits for the host's next turn. @throws the reason of the signal when it comes first. */
export function createPace({ perSecond, now = Date.now, sleep = sleepFor }: PaceOptions) {
  const distance = 1000 / perSecond;
  const nextTurn = new Map<string, number>();
  return async (url: URL, signal: AbortSignal): Promise<void> => {
    const host = hostOf(url);
    const turn = Math.max(now(), nextTurn.get(host) ?? 0);
    nextTurn.set(host, turn + distance);
    const ms = turn - now();
    if (ms > 0) await sleep(ms, signal);
  };
}

const sleepFor = async (ms: number, signal: AbortSignal): Promise<void> => {
  await wait(ms, undefined, { signal });
};
