/**
 * The row of the table `signed_time`, and how a command that only reads a mirror keeps a newer one. Source:
 * docs/spec/offline.md#rollback-floors.
 */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Origin } from "./mirror-writer.ts";
import { openMirror } from "./open-mirror.ts";

/** Raises the newest signed time of a mirror that nobody of this process has open for writing. */
export function keepSignedTime(folder: string, signed: Date, origin: Origin, limits: Limits): void {
  try {
    const mirror = openMirror(folder, { mode: "write", limits });
    try {
      mirror.writer().raiseSignedTime(signed, origin);
    } finally {
      mirror.close();
    }
  } catch (error) {
    // A mirror that another process writes, or that nobody may write here, keeps what it has: nothing is lost that the
    // next decision does not see again.
    if (!(error instanceof EngineError) || !["mirror-busy", "invalid-usage"].includes(error.code)) throw error;
  }
}
