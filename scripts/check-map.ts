/** The map in docs/architecture.md is the tree: every folder with sources has a row, every row has a folder. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import type { CheckReport } from "./check.ts";
import { readSources } from "./source-text.ts";

const row = /^\| `([^`]+)\/` \| (.*) \|$/gm;

/** Folders of core, proxy, cli and scripts that hold a source file; of test only the first level. */
function foldersOf(root: string): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const { path } of readSources(root, ["core", "proxy", "cli", "scripts"])) folders.add(posix.dirname(path));
  for (const { path } of readSources(root, ["test"])) folders.add(path.split("/").slice(0, 2).join("/"));
  return folders;
}

const page = "docs/architecture.md";

/** A page without a map is a fault. */
export function checkMap(root: string): CheckReport {
  const file = join(root, page);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const rows = [...text.matchAll(row)].map((found) => ({ folder: found[1] ?? "", says: (found[2] ?? "").trim() }));
  const listed = new Set(rows.map(({ folder }) => folder));
  const faults: string[] = [];
  if (rows.length === 0) faults.push(`${page} has no map: rows of the form | \`folder/\` | what it holds |`);
  for (const { folder, says } of rows) {
    if (!existsSync(join(root, folder)) || !statSync(join(root, folder)).isDirectory())
      faults.push(`${page}: ${folder}/ does not exist`);
    if (says === "") faults.push(`${page}: ${folder}/ has no description`);
  }
  if (listed.size !== rows.length) faults.push(`${page}: a folder is listed twice`);
  for (const folder of foldersOf(root))
    if (!listed.has(folder)) faults.push(`${page}: ${folder}/ is missing from the map`);
  return { saw: `${rows.length} folders`, faults };
}
