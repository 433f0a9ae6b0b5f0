/** Files that a power cut does not take away again: what a function here did is on the disk when it returns. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Brings a file to the disk; of a folder, the names in it. */
export function syncPath(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export function writeSynced(path: string, text: string): void {
  writeFileSync(path, text);
  syncPath(path);
}

/** At any instant the file has its old content whole, or the new one. */
export function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`;
  writeSynced(fresh, text);
  renameSync(fresh, path);
  syncPath(dirname(path));
}
