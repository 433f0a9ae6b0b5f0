/** Imports archives into mirrors of tests. */
import { defaultLimits, type Limits, limitsWith } from "../../core/limits.ts";
import { ExportLog } from "../../proxy/crossing/export-log.ts";
import { openArchive } from "../../proxy/crossing/archive-reader.ts";
import { type ImportedArchive, importArchive, type ImportOptions } from "../../proxy/crossing/import-archive.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { exported, ourKey } from "./archive-store.ts";

/** Imports the parts of one archive into the mirror of a folder. */
export function importing(
  store: string,
  paths: string | readonly string[],
  changes: Partial<ImportOptions> & { readonly key?: typeof ourKey; readonly limits?: Partial<Limits> } = {},
): ImportedArchive {
  const { key = ourKey, limits = {}, ...options } = changes;
  const files = typeof paths === "string" ? [paths] : paths;
  const mirror = openMirror(store, { mode: "write", limits: defaultLimits });
  try {
    const acceptance = { keys: [key.key], verifier: nodeVerifier, limits: limitsWith(limits) };
    const reader = openArchive(files, acceptance);
    try {
      return importArchive(mirror, reader, {
        now: new Date("2026-11-30T06:00:00Z"),
        from: files.join(", "),
        acceptPins: false,
        restart: false,
        isDry: false,
        verifier: nodeVerifier,
        initialRoot: () => undefined,
        givenKeys: [],
        ...options,
      });
    } finally {
      reader.close();
    }
  } finally {
    mirror.close();
  }
}

/** Exports what changed since an earlier archive of the mirror. */
export function exportedSince(store: string, sequence: number, changes: Parameters<typeof exported>[1] = {}) {
  const log = new ExportLog(store, defaultLimits);
  const { record } = log.find(sequence);
  log.close();
  if (record === undefined) throw new Error(`archive ${sequence} is not in the log`);
  const base = { ...record, rows: () => log.rows(record), blobs: () => log.blobs(record) };
  return exported(store, { kind: "delta", base, ...changes });
}
