/** Which files of a tree import a file, directly or through others, and over how many steps. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { importsOf, readSources } from "../source-text.ts";

/** A test may build a module of core as another host has it: `importPortable("core/…")`. */
const bundled = /\bimportPortable(?:<[^>]*>)?\(\s*"([^"]+)"/g;

/** The `#…` imports of package.json: every file that one may mean. */
function hostImports(root: string): ReadonlyMap<string, readonly string[]> {
  const file = join(root, "package.json");
  const { imports = {} } = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { imports?: Record<string, Record<string, string>> })
    : {};
  return new Map(Object.entries(imports).map(([name, targets]) => [name, Object.values(targets).map(posix.normalize)]));
}

export class ModuleGraph {
  readonly #importers = new Map<string, string[]>();
  readonly #imports = new Map<string, readonly string[]>();

  constructor(root: string, folders: readonly string[] = ["core", "proxy", "cli", "scripts", "test"]) {
    const hosts = hostImports(root);
    for (const { path, text } of readSources(root, folders)) {
      const targets = [
        ...importsOf(text).flatMap((name) =>
          name.startsWith(".") ? [posix.join(posix.dirname(path), name)] : (hosts.get(name) ?? []),
        ),
        ...[...text.matchAll(bundled)].map((found) => found[1] ?? ""),
      ];
      this.#imports.set(path, targets);
      for (const target of targets) this.#importers.set(target, [...(this.#importers.get(target) ?? []), path]);
    }
  }

  /** Every file that reaches `changed`, itself included, with the number of imports between. */
  reaching(changed: string): ReadonlyMap<string, number> {
    return this.#walk(changed, this.#importers);
  }

  /** How many files a file loads: what it costs, more or less. */
  weight(path: string): number {
    return this.#walk(path, this.#imports).size;
  }

  #walk(start: string, edges: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, number> {
    const steps = new Map([[start, 0]]);
    // A map grows while it is walked: the new ones come last.
    for (const [path, count] of steps)
      for (const next of edges.get(path) ?? []) if (!steps.has(next)) steps.set(next, count + 1);
    return steps;
  }
}
