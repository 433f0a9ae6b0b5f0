/**
 * When `serve` decides again about what it let in undecided: after a start and after a sync, when somebody else wrote
 * into the mirror, when a registry answers again, and now and then where one may.
 */
import type { Log } from "../../proxy/log.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { RecheckCounts } from "../../proxy/state/recheck-list.ts";

/** Who decides again, about some of the list. */
export interface Rechecking {
  run(): Promise<{
    readonly looked: number;
    readonly proven: number;
    readonly refuted: number;
    readonly left?: number;
  }>;
  close(): Promise<void>;
  /** Whether it has something to decide again beside what is on the list. */
  waits?(): boolean;
}

export interface RecheckParts {
  readonly rechecks: readonly Rechecking[];
  /** How long the list is; `undefined` where it cannot be read. */
  readonly counts: () => RecheckCounts | undefined;
  readonly mirror: Mirror;
  readonly isOnline: boolean;
  readonly log: Log;
  /** How often it is looked whether something changed. */
  readonly lookMs?: number;
}

export interface RecheckTimer {
  /** Decides again soon: answers have changed. */
  soon(why: string): void;
  close(): Promise<void>;
}

const defaultLookMs = 2000;
/** A registry that was out is asked again so often, with one image of the list. */
const askMs = 60_000;

export function recheckByTimer(parts: RecheckParts): RecheckTimer {
  const { rechecks, mirror, isOnline, log, lookMs = defaultLookMs } = parts;
  let wanted: string | undefined = "started";
  let seen = versionOf(mirror);
  let looked = performance.now();
  let isBusy = false;
  /** Why it is time to decide again. */
  const reasonOf = (version: string | undefined): string | undefined => {
    const counts = parts.counts();
    const listed = counts === undefined ? 0 : counts.unknown + counts.refuted;
    const isWaiting = rechecks.some((recheck) => recheck.waits?.() === true);
    if (listed === 0 && !isWaiting) return undefined;
    if (wanted !== undefined) return wanted;
    if (version !== seen) return "the mirror changed";
    return isOnline && (isWaiting || (counts?.unknown ?? 0) > 0) && performance.now() - looked >= askMs
      ? "a registry may answer"
      : undefined;
  };
  const look = async (): Promise<void> => {
    const version = versionOf(mirror);
    const why = isBusy ? undefined : reasonOf(version);
    if (why === undefined) return;
    isBusy = true;
    wanted = undefined;
    try {
      const run = { looked: 0, proven: 0, refuted: 0, left: 0 };
      for (const recheck of rechecks) {
        const { looked, proven, refuted, left = 0 } = await recheck.run();
        run.looked += looked;
        run.proven += proven;
        run.refuted += refuted;
        run.left += left;
      }
      log[run.proven + run.refuted > 0 ? "info" : "debug"]("what was let in undecided was decided again", {
        why,
        ...run,
      });
    } finally {
      // Answers that this run itself brought are no reason for another one.
      seen = versionOf(mirror);
      looked = performance.now();
      isBusy = false;
    }
  };
  const failed = (error: unknown): void =>
    log.error("a bug ended a look at the re-check list", { error: String(error) });
  const timer = setInterval(() => void look().catch(failed), lookMs);
  timer.unref();
  return {
    soon(why) {
      wanted = why;
    },
    async close() {
      clearInterval(timer);
      await Promise.all(rechecks.map((recheck) => recheck.close()));
    },
  };
}

const versionOf = (mirror: Mirror): string | undefined => mirror.knowledge().state().version;
