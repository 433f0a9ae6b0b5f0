/** A copy of the tree in which one fault at a time is planted. Packages are the tree's own. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, plant } from "./fault.ts";

const left = new Set(["node_modules", "dist", "coverage", "fuzz-findings"]);

export class TreeCopy {
  readonly folder: string;
  readonly #root: string;

  constructor(root: string, folder: string) {
    this.folder = folder;
    this.#root = root;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(root))
      if (!left.has(name) && !name.startsWith(".")) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  }

  /** Runs `body` while the fault is planted. @throws Error as `plant`. */
  async with<T>(fault: Fault, body: () => Promise<T>): Promise<T> {
    const text = readFileSync(join(this.#root, fault.file), "utf8");
    const path = join(this.folder, fault.file);
    writeFileSync(path, plant(fault, text));
    try {
      return await body();
    } finally {
      writeFileSync(path, text);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
