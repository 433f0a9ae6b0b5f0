/**
 * Checkpoints that decisions of a server verified: the mirror keeps the newest of each log, as it does for commands, so
 * that archives carry them. Source: docs/spec/offline.md#rollback-floors.
 */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { SeenCheckpoints } from "../../core/tlog/seen-checkpoints.ts";
import type { Log } from "../../proxy/log.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";

export interface CheckpointParts {
  readonly mirror: Mirror;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly log: Log;
}

export interface CheckpointKeeper {
  /** Remembers one until {@link CheckpointKeeper.keep}. */
  saw(note: string): void;
  /** Writes those that are newer than what is here. A decision never fails by it. */
  keep(): void;
}

/** `undefined` where nothing is kept: the mirror is read-only, or its own trust did not verify them. */
export function openCheckpointKeeper(
  { mirror, limits, now, log }: CheckpointParts,
  hasGivenTrust: boolean,
): CheckpointKeeper | undefined {
  if (hasGivenTrust || !mirror.isWritable) return undefined;
  let seen = new SeenCheckpoints(limits);
  let isWaiting = false;
  return {
    saw(note) {
      seen.add(note);
      isWaiting = true;
    },
    keep() {
      if (!isWaiting) return;
      isWaiting = false;
      const found = seen;
      seen = new SeenCheckpoints(limits);
      try {
        // Almost every decision sees what is here already, and then nothing is written.
        const held = new Set(mirror.knowledge().state().checkpoints ?? []);
        const news = found.newest().filter(({ note }) => !held.has(note));
        const origin = { at: now().toISOString(), from: "a decision" };
        const forks = news.length === 0 ? [] : mirror.writer().raiseCheckpoints(news, origin);
        for (const fork of new Set([...found.forks(), ...forks])) log.error(fork);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        log.error("a checkpoint was not kept", { code: error.code, error: error.message });
      }
    },
  };
}
