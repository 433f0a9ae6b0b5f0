/**
 * What decisions saw, in the tables `signed_time` and `checkpoint`, and how a command that only reads the mirror stores
 * it. Source: docs/spec/offline.md#rollback-floors.
 */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { SeenCheckpoint } from "../../core/tlog/seen-checkpoints.ts";
import type { Mirror } from "./mirror.ts";
import type { Origin } from "./row-writer.ts";
import { openMirror } from "./open-mirror.ts";

/** Proven with the mirror's own trust. */
export interface Seen {
  readonly signed?: Date | undefined;
  readonly checkpoints?: readonly SeenCheckpoint[];
}

/** Whether the mirror does not know it yet. */
export function isNews({ signed, checkpoints = [] }: Seen, mirror: Mirror): boolean {
  const { newestSignedTime: before, checkpoints: held = [] } = mirror.knowledge().state();
  return (
    (signed !== undefined && (before === undefined || signed > before)) ||
    checkpoints.some(({ note }) => !held.includes(note))
  );
}

/**
 * Raises the newest signed time and the checkpoints of a mirror that this process does not have open for writing.
 * @returns as `MirrorWriter.raiseCheckpoints`.
 */
export function keepSeen(
  folder: string,
  { signed, checkpoints = [] }: Seen,
  origin: Origin,
  limits: Limits,
): readonly string[] {
  try {
    const mirror = openMirror(folder, { mode: "write", limits });
    try {
      const writer = mirror.writer();
      if (signed !== undefined) writer.raiseSignedTime(signed, origin);
      return writer.raiseCheckpoints(checkpoints, origin);
    } finally {
      mirror.close();
    }
  } catch (error) {
    // A mirror that another process is writing, or that is read-only, keeps what it has. Nothing is lost: the next
    // decision proves what is newer again.
    if (!(error instanceof EngineError) || !["mirror-busy", "invalid-usage"].includes(error.code)) throw error;
    return [];
  }
}
