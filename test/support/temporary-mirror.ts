/** Folders for mirrors, and direct access to a mirror's file to damage it as a bad disk would. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { defaultLimits } from "../../core/limits.ts";

export const at = "2026-01-01T00:00:00Z";
export const origin = { at, from: "test" };

const root = mkdtempSync(join(tmpdir(), "sallyport-mirror-"));
process.on("exit", () => rmSync(root, { recursive: true, force: true }));

/** A folder that is removed when the process ends. */
export const temporaryFolder = (): string => mkdtempSync(join(root, "m-"));

/** A new mirror, open for writing. Who opens it may close it. */
export const temporaryMirror = (folder = temporaryFolder()): Mirror =>
  openMirror(folder, { mode: "write", limits: defaultLimits });

/** Writes into a new mirror and closes it again. */
export function writtenMirror(write: (mirror: Mirror) => void, folder = temporaryFolder()): string {
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  try {
    write(mirror);
  } finally {
    mirror.close();
  }
  return folder;
}

/** Uses a mirror that is open for reading. */
export function reading<T>(folder: string, use: (mirror: Mirror) => T): T {
  const mirror = openMirror(folder, { mode: "read", limits: defaultLimits });
  try {
    return use(mirror);
  } finally {
    mirror.close();
  }
}

/** Runs SQL on the file itself, behind the program's back. */
export function tamper(folder: string, sql: string, ...values: readonly unknown[]): void {
  const database = new Database(join(folder, "mirror.db"));
  database.prepare(sql).run(...values);
  database.close();
}
