/**
 * When `serve` decides again about what it let in undecided: after a start and after a sync, when somebody else wrote
 * into the mirror, when a registry answers again, and now and then where one may.
 */
import type { Log } from "../../proxy/log.ts";
import type { RecheckMetrics } from "../../proxy/metrics.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { Door } from "../../proxy/registry/door/door.ts";
import { Recheck } from "../../proxy/registry/recheck.ts";
import type { State } from "../../proxy/state/state.ts";
import type { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";

export interface RecheckParts {
  readonly state: State;
  readonly door: Door;
  readonly mirror: Mirror;
  readonly isOnline: boolean;
  readonly limits: Limits;
  readonly log: Log;
  readonly metrics: RecheckMetrics;
  readonly now: () => Date;
  readonly report: (error: EngineError) => void;
  /** How often it is looked whether something changed. */
  readonly lookMs?: number;
}

export interface RecheckTimer {
  readonly recheck: Recheck;
  /** Decides again soon: answers have changed. */
  soon(why: string): void;
  close(): Promise<void>;
}

const defaultLookMs = 2000;
/** A registry that was out is asked again so often, with one image of the list. */
const askMs = 60_000;

export function recheckByTimer(parts: RecheckParts): RecheckTimer {
  const { state, door, mirror, isOnline, limits, log, metrics, now, report, lookMs = defaultLookMs } = parts;
  const recheck = new Recheck({
    state,
    door,
    limits,
    now,
    refuted(image, { policy, policyDigest, code, message }) {
      metrics.refuted(policy, code);
      log.error("an image that was let in undecided is refuted: it may be running", {
        image,
        policy,
        policyDigest,
        code,
        reason: message,
      });
    },
    counted: (counts) => metrics.listed(counts),
    report,
  });
  let wanted: string | undefined = "started";
  let seen = versionOf(mirror);
  let looked = performance.now();
  let isBusy = false;
  /** Why it is time to decide again. */
  const reasonOf = (version: string | undefined): string | undefined => {
    const counts = recheck.counts();
    if (counts === undefined || counts.unknown + counts.refuted === 0) return undefined;
    if (wanted !== undefined) return wanted;
    if (version !== seen) return "the mirror changed";
    return isOnline && counts.unknown > 0 && performance.now() - looked >= askMs ? "a registry may answer" : undefined;
  };
  const look = async (): Promise<void> => {
    const version = versionOf(mirror);
    const why = isBusy ? undefined : reasonOf(version);
    if (why === undefined) return;
    isBusy = true;
    wanted = undefined;
    try {
      const run = await recheck.run();
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
    recheck,
    soon(why) {
      wanted = why;
    },
    async close() {
      clearInterval(timer);
      await recheck.close();
    },
  };
}

const versionOf = (mirror: Mirror): string | undefined => mirror.knowledge().state().version;
