/**
 * Makes a folder with those above it. Node's own `recursive` never ends where the system says ENOENT of a new folder in
 * one that is there, as in /proc. Source: https://nodejs.org/api/fs.html (fs.mkdirSync).
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** @throws the system's own error when a folder cannot be made, or something else has its name. */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (isFolder(path)) return;
    const parent = dirname(path);
    if (!isMissing(error) || parent === path || isFolder(parent)) throw error;
    makeFolder(parent);
    makeLast(path);
  }
}

function makeLast(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isFolder(path)) throw error;
  }
}
