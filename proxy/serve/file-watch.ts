/**
 * Files that are read again when they change. Their stamps are looked at now and then: a mounted Secret is replaced by
 * another link, which no watch on a file sees.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Of a folder, with what is in it. */
const mostEntries = 10_000;
const deepest = 16;

/** What tells a file from another, and of a folder from one in which a file is another. */
function stampOf(path: string): string {
  let left = mostEntries;
  const stamp = (one: string, depth: number): string => {
    const found = statSync(one, { throwIfNoEntry: false, bigint: true });
    if (found === undefined) return "none";
    const own = `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
    if (!found.isDirectory() || depth === 0) return own;
    const names = readdirSync(one).sort().slice(0, left);
    left -= names.length;
    return [own, ...names.map((name) => `${name} ${stamp(join(one, name), depth - 1)}`)].join("\n");
  };
  try {
    return stamp(path, deepest);
  } catch (error) {
    // A folder that goes away meanwhile, or that may not be read: loading it will say so.
    return `unread ${(error as NodeJS.ErrnoException).code ?? ""}`;
  }
}

export class FileWatch {
  #stamps = new Map<string, string>();

  /** What is looked at from now on; what already was stays as it was at the last look, so that no change is missed. */
  set(paths: readonly string[]): void {
    this.#stamps = new Map(paths.map((path) => [path, this.#stamps.get(path) ?? stampOf(path)]));
  }

  /** The files that changed since the last look. */
  look(): readonly string[] {
    const changed: string[] = [];
    for (const [path, before] of this.#stamps) {
      const stamp = stampOf(path);
      if (stamp === before) continue;
      this.#stamps.set(path, stamp);
      changed.push(path);
    }
    return changed;
  }
}
