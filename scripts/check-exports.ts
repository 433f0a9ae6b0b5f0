/**
 * Every export is used by something that ships: a name that only tests import is code that was built and not wired, or
 * a name that needs no export. Exempt are the public API and the rows of `scripts/exports-for-tests.ts`.
 */
import { posix } from "node:path";
import type { CheckReport } from "./check.ts";
import { bundles } from "./build-engine.ts";
import { componentParts } from "./component/build-component.ts";
import { exportsForTests } from "./exports-for-tests.ts";
import { hostImports } from "./layers.ts";
import { blankText, exportsOf, namesImported, readSources } from "./source-text.ts";

/** What hosts import: the public API, and what bundles begin with. */
const publicFiles: ReadonlySet<string> = new Set([...Object.values(bundles).flat(), ...componentParts]);

/** The files that a specifier can mean; a host's module is two. */
function targetsOf(path: string, specifier: string): readonly string[] {
  const host = hostImports[specifier];
  if (host !== undefined) return [host.node, host.default];
  return specifier.startsWith(".") ? [posix.normalize(posix.join(posix.dirname(path), specifier))] : [];
}

const wordOf = (name: string): string => `(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`;
const isType = (code: string, name: string): boolean =>
  new RegExp(`\\bexport\\s+(?:type|interface)\\s+${wordOf(name)}`).test(code);
/** Named more than once: where it is declared, and where it is used. */
const isUsedWithin = (code: string, name: string): boolean =>
  [...code.matchAll(new RegExp(wordOf(name), "g"))].length > 1;

/** Checks `core`, `proxy`, `cli` and `scripts` below `root`; nothing exported is a fault. */
export function checkExports(root: string, forTests: Readonly<Record<string, string>> = exportsForTests): CheckReport {
  const files = readSources(root, ["core", "proxy", "cli", "scripts"]);
  const used = new Set(
    files.flatMap(({ path, text }) =>
      namesImported(text).flatMap(({ specifier, name }) =>
        targetsOf(path, specifier).map((target) => `${target} ${name}`),
      ),
    ),
  );
  const rows = new Set(Object.keys(forTests));
  const faults: string[] = [];
  let seen = 0;
  for (const { path, text } of files) {
    if (publicFiles.has(path)) continue;
    const code = blankText(text, { strings: "blank" });
    for (const name of exportsOf(text)) {
      seen += 1;
      const key = `${path} ${name}`;
      if (used.has(key) || used.has(`${path} *`)) continue;
      // A type of a signature is part of what is exported; a script's parts are run by the script and by its test.
      if (isUsedWithin(code, name) && (isType(code, name) || path.startsWith("scripts/"))) continue;
      if (!rows.delete(key)) faults.push(`${path}: no file that ships imports ${name}: delete it, or do not export it`);
    }
  }
  for (const row of rows) faults.push(`scripts/exports-for-tests.ts: ${row} needs no row`);
  if (seen === 0) faults.push("no export was seen");
  return { saw: `${seen} exports, ${Object.keys(forTests).length} for tests`, faults };
}
