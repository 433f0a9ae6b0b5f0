/** Files that a power cut does not take away again: what a function here did is on the disk when it returns. */
import { closeSync, fsyncSync, openSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
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

export function writeSynced(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content);
  syncPath(path);
}

/** At any instant the file has its old content whole, or the new one. What fails takes no room on the disk. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const fresh = `${path}.new`;
  try {
    writeSynced(fresh, content);
    renameSync(fresh, path);
  } catch (error) {
    if (statSync(fresh, { throwIfNoEntry: false })?.isFile() === true) unlinkSync(fresh);
    throw error;
  }
  syncPath(dirname(path));
}
