/**
 * Files that are read again when they change. Their stamps are looked at now and then: a mounted Secret is replaced by
 * another link, which no watch on a file sees.
 */
import { statSync } from "node:fs";

const stampOf = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? "none" : `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
};

export class FileWatch {
  #stamps = new Map<string, string>();

  /** What is looked at from now on, as it is now. */
  set(paths: readonly string[]): void {
    this.#stamps = new Map(paths.map((path) => [path, stampOf(path)]));
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
