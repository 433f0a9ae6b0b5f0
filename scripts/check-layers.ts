/**
 * Imports follow the table of layers, type-only ones too, and there are no cycles, neither in the table nor between
 * files. The public API of the engine stays small.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { CheckReport } from "./check.ts";
import { hostImports, type LayerTable, layers } from "./layers.ts";
import { exportsOf, importsOf, packageOf, readSources } from "./source-text.ts";

/** The most specific unit of the table that holds a path. */
function unitOf(path: string, table: LayerTable): string | undefined {
  let best: string | undefined;
  for (const unit of Object.keys(table))
    if ((path === unit || path.startsWith(`${unit}/`)) && unit.length > (best?.length ?? 0)) best = unit;
  return best;
}

/** The nodes of a cycle, first one repeated at the end, or `undefined`. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];
  const visit = (node: string): readonly string[] | undefined => {
    if (state.get(node) === "done") return undefined;
    if (state.get(node) === "open") return [...path.slice(path.indexOf(node)), node];
    state.set(node, "open");
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    state.set(node, "done");
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const publicApi = "core/index.ts";
const mostPublicNames = 60;

/** Faults of the public API's file: too many names, or a form in which they cannot be counted. */
function publicApiFaults(text: string): readonly string[] {
  const names = exportsOf(text);
  if (names.includes("*")) return [`${publicApi}: \`export *\` hides what is public; name it`];
  if (names.length <= mostPublicNames) return [];
  return [`${publicApi}: ${names.length} names; the public API has at most ${mostPublicNames}`];
}

type HostImports = typeof hostImports;

/** package.json resolves exactly the `#…` names of the table, as the table says. */
function hostImportFaults(root: string, table: HostImports): readonly string[] {
  const path = join(root, "package.json");
  const { imports = {} } = existsSync(path)
    ? (JSON.parse(readFileSync(path, "utf8")) as { readonly imports?: Readonly<Record<string, unknown>> })
    : {};
  return [...new Set([...Object.keys(table), ...Object.keys(imports)])].flatMap((name) => {
    const row = table[name];
    // Both conditions in this order: the first one that fits is taken, and `default` always fits.
    const wanted = row && JSON.stringify({ node: `./${row.node}`, default: `./${row.default}` });
    return JSON.stringify(imports[name]) === wanted ? [] : [`package.json: ${name} is not as scripts/layers.ts has it`];
  });
}

/** Checks `core`, `proxy` and `cli` below `root`. Seeing no import at all is a fault: the check would be blind. */
export function checkLayers(root: string, table: LayerTable = layers, hosts: HostImports = hostImports): CheckReport {
  const faults: string[] = [];
  const tableCycle = findCycle(
    new Map(Object.entries(table).map(([unit, layer]) => [unit, layer.units.filter((other) => other !== unit)])),
  );
  if (tableCycle !== undefined) faults.push(`the table of layers has a cycle: ${tableCycle.join(" → ")}`);
  for (const layer of Object.values(table))
    for (const unit of layer.units)
      if (table[unit] === undefined) faults.push(`the table of layers names ${unit}, which is no unit of it`);

  faults.push(...hostImportFaults(root, hosts));

  const files = readSources(root, ["core", "proxy", "cli"]);
  const fileEdges = new Map<string, string[]>();
  const used = new Map<string, Set<string>>();
  let imports = 0;
  for (const { path, text } of files) {
    const unit = unitOf(path, table);
    const layer = unit === undefined ? undefined : table[unit];
    if (unit === undefined || layer === undefined) {
      faults.push(`${path}: no layer holds this file; add its folder to scripts/layers.ts`);
      continue;
    }
    const edges: string[] = [];
    fileEdges.set(path, edges);
    const names = used.get(unit) ?? new Set();
    used.set(unit, names);
    for (const specifier of importsOf(text)) {
      imports += 1;
      if (specifier.startsWith("#")) {
        const target = hosts[specifier]?.default;
        if (target === undefined || unitOf(target, table) !== unit)
          faults.push(`${path}: ${unit} may not import ${specifier}`);
        else edges.push(target);
        continue;
      }
      if (!specifier.startsWith(".")) {
        const name = specifier.startsWith("node:") ? "node:" : packageOf(specifier);
        names.add(name);
        if (!(layer.packages ?? []).includes(name))
          faults.push(`${path}: ${unit} may not import the package ${name === "node:" ? specifier : name}`);
        continue;
      }
      const target = posix.normalize(posix.join(posix.dirname(path), specifier));
      edges.push(target);
      const targetUnit = unitOf(target, table);
      if (targetUnit === unit) continue;
      if (targetUnit !== undefined) names.add(targetUnit);
      if (targetUnit === undefined || !layer.units.includes(targetUnit))
        faults.push(`${path}: ${unit} may not import ${targetUnit ?? target} (${specifier})`);
    }
  }
  // In core the order of trust is the rule: a row may name more than is imported today.
  for (const [unit, names] of used)
    if (!unit.startsWith("core/"))
      for (const name of [...(table[unit]?.units ?? []), ...(table[unit]?.packages ?? [])])
        if (!names.has(name)) faults.push(`scripts/layers.ts: nothing in ${unit} imports ${name}`);
  const api = files.find(({ path }) => path === publicApi)?.text ?? "";
  faults.push(...publicApiFaults(api));
  const cycle = findCycle(fileEdges);
  if (cycle !== undefined) faults.push(`files import each other in a circle: ${cycle.join(" → ")}`);
  if (imports === 0) faults.push("no import was seen: the check is blind");
  return { saw: `${files.length} files, ${imports} imports, ${exportsOf(api).length} public names`, faults };
}
