/**
 * The table `signed_time`, and how a command that only reads the mirror stores a newer time. Source:
 * docs/spec/offline.md#rollback-floors.
 */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Origin } from "./mirror-writer.ts";
import { openMirror } from "./open-mirror.ts";

/** Raises the newest signed time of a mirror that this process does not have open for writing. */
export function keepSignedTime(folder: string, signed: Date, origin: Origin, limits: Limits): void {
  try {
    const mirror = openMirror(folder, { mode: "write", limits });
    try {
      mirror.writer().raiseSignedTime(signed, origin);
    } finally {
      mirror.close();
    }
  } catch (error) {
    // A mirror that another process is writing, or that is read-only, keeps its time. Nothing is lost: the next
    // decision proves the newer time again.
    if (!(error instanceof EngineError) || !["mirror-busy", "invalid-usage"].includes(error.code)) throw error;
  }
}
