/**
 * Limits come from the composition root: the defaults are named where a root is, and nowhere below it. Otherwise a
 * bound that an operator sets would not hold. Source: docs/architecture.md#bounds.
 */
import { posix } from "node:path";
import type { CheckReport } from "./check.ts";
import { blankText, lineAt, namesImported, readSources } from "./source-text.ts";

const home = "core/limits.ts";
/** The modules that export the defaults. To take all of one is to take them. */
const doors = [home, "core/index.ts"];

/** Who may name what: constructors that complete the limits they are given, and programs. */
const roots: Readonly<Record<string, readonly string[]>> = {
  "core/decide/engine.ts": ["limitsWith"],
  "core/kyverno/policy/read-policy.ts": ["limitsWith"],
  "core/verify/image-verifier.ts": ["limitsWith"],
  "core/index.ts": ["defaultLimits"],
  "core/entry/component.ts": ["limitsWith"],
  "proxy/edge/handler.ts": ["limitsWith"],
  "cli/main.ts": ["defaultLimits"],
  "cli/conformance.ts": ["defaultLimits"],
  "cli/tuf-conformance.ts": ["defaultLimits"],
};

const named = /(?<![\w$])(?:defaultLimits|limitsWith)(?![\w$])/g;

/** Checks `core`, `proxy` and `cli` below `root`; a root that does not name its limits is a fault too. */
export function checkLimits(root: string, allowed: Readonly<Record<string, readonly string[]>> = roots): CheckReport {
  const files = readSources(root, ["core", "proxy", "cli"]).filter(({ path }) => path !== home);
  const faults: string[] = [];
  const missing = new Set(Object.entries(allowed).flatMap(([path, names]) => names.map((name) => `${path}: ${name}`)));
  for (const { path, text } of files) {
    const code = blankText(text, { strings: "blank" });
    for (const found of code.matchAll(named)) {
      missing.delete(`${path}: ${found[0]}`);
      if (allowed[path]?.includes(found[0]) !== true)
        faults.push(`${path}:${lineAt(code, found.index)}: ${found[0]}, where limits are to be taken from the caller`);
    }
    for (const { specifier, name } of namesImported(text)) {
      const target = posix.normalize(posix.join(posix.dirname(path), specifier));
      if (name === "*" && doors.includes(target)) faults.push(`${path}: takes all of ${target}, the defaults included`);
    }
  }
  for (const row of missing) faults.push(`${row} is not named there: delete the row of scripts/check-limits.ts`);
  if (files.length === 0) faults.push("no file was scanned");
  return { saw: `${files.length} files, ${Object.keys(allowed).length} roots`, faults };
}
