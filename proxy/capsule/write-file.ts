/** A file that is there whole or not at all. Source: docs/spec/capsule.md#making. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { cannotWrite, systemCode } from "../system-words.ts";

/** @throws EngineError `invalid-usage` when it cannot be written; what was there before is left. */
export function writeFileWhole(path: string, bytes: Uint8Array): void {
  const to = resolve(path);
  const from = join(dirname(to), `.${basename(to)}.partial`);
  try {
    const handle = openSync(from, "w", 0o644);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(from, to);
  } catch (error) {
    const problem = cannotWrite(path, error);
    try {
      rmSync(from, { force: true });
    } catch (left) {
      // Where nothing can be written there may be nothing to remove.
      if (systemCode(left) === undefined) throw left;
    }
    throw problem;
  }
}
