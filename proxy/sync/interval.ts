/** The pause between two syncs. */
import { setTimeout as wait } from "node:timers/promises";

/** A tenth earlier or later, so that many machines do not ask at once. */
const spread = 0.1;

export const withJitter = (ms: number, random: () => number = Math.random): number =>
  ms * (1 - spread + 2 * spread * random());

/** Ends early when it is told to stop. */
export async function pauseBetween(ms: number, stop: AbortSignal): Promise<void> {
  try {
    await wait(withJitter(ms), undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}
