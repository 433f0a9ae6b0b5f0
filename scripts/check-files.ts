/**
 * Size, name and manner of source files: short files of short lines, named by what is in them, opened by a docstring,
 * with nothing left for later. Source: docs/architecture.md#source-files.
 */
import { basename } from "node:path";
import type { CheckReport } from "./check.ts";
import { longLines, maxColumns, readWritten } from "./long-lines.ts";
import { readSources } from "./source-text.ts";

const folders = ["core", "proxy", "cli", "scripts", "test"];
const maxLines = 500;

/** Tables of data, where length is not complexity, neither of the file nor of a line: path → why. */
const dataTables: Readonly<Record<string, string>> = {
  "proxy/mirror/sql-texts.ts": "is generated from the files in proxy/mirror/sql",
  "proxy/state/state-sql.ts": "is generated from the files in proxy/state/sql",
};

/**
 * In these folders the folder is the verb and the file the noun that it is applied to: `cli/render/trust.ts` shows what
 * `cli/commands/trust.ts` prints. Everywhere else one name of a file means one thing.
 */
const verbFolders = [
  "cli/commands/",
  "cli/input/",
  "cli/render/",
  "core/jmespath/functions/",
  "core/kyverno/functions/",
  "core/kyverno/rule/operators/",
];

/** Files of core, proxy and cli that have the name of another one. */
function sharedNames(paths: readonly string[]): readonly string[] {
  const first = new Map<string, string>();
  return paths.flatMap((path) => {
    if (!/^(?:core|proxy|cli)\//.test(path) || verbFolders.some((folder) => path.startsWith(folder))) return [];
    const other = first.get(basename(path));
    if (other === undefined) first.set(basename(path), path);
    return other === undefined ? [] : [`${path}: ${other} has the same name; a name says what is in one of them`];
  });
}

const banned = new Set(["utils", "util", "helpers", "helper", "common", "shared", "types", "misc"]);
const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const leftovers = /\b(?:TODO|FIXME|XXX|HACK|not implemented|stub)\b/;
const silentCatch = /\bcatch\s*(?:\([\w:\s]*\))?\s*\{\s*\}/;

function faultsOf(path: string, text: string, tables: Readonly<Record<string, string>>): readonly string[] {
  const faults: string[] = [];
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (lines > maxLines && tables[path] === undefined)
    faults.push(`${path}: ${lines} lines; split it before ${maxLines}`);
  for (const word of path.split("/").map((segment) => segment.replace(/(?:\.d)?(?:\.test)?\.[a-z]+$/, ""))) {
    if (banned.has(word)) faults.push(`${path}: nobody would look for something in "${word}"`);
    if (!kebab.test(word)) faults.push(`${path}: "${word}" is not kebab-case`);
  }
  const isTest = path.startsWith("test/") && basename(path).endsWith(".test.ts");
  if (!isTest && !text.replace(/^#!.*\n/, "").startsWith("/**"))
    faults.push(`${path}: the first line says what the module is, as a docstring`);
  if (path.startsWith("test/")) return faults;
  // This file spells the words that it looks for.
  if (path !== "scripts/check-files.ts" && leftovers.test(text))
    faults.push(`${path}: "${leftovers.exec(text)?.[0]}" is left for later`);
  if (silentCatch.test(text)) faults.push(`${path}: an error vanishes in an empty catch`);
  return faults;
}

/** Checks every TypeScript file of the five folders; none at all is a fault. */
export function checkFiles(root: string, tables: Readonly<Record<string, string>> = dataTables): CheckReport {
  const files = readSources(root, folders);
  const faults = files.flatMap(({ path, text }) => faultsOf(path, text, tables));
  for (const path of Object.keys(tables))
    if (!files.some((file) => file.path === path)) faults.push(`${path} is listed as a data table and does not exist`);
  for (const { path, text } of readWritten(root, [...folders, "docs"]).filter(({ path }) => tables[path] === undefined))
    for (const line of longLines(path, text)) faults.push(`${path}:${line}: more than ${maxColumns} columns`);
  faults.push(...sharedNames(files.map(({ path }) => path)));
  if (files.length === 0) faults.push("no file was checked");
  const longest = Math.max(
    0,
    ...files.filter(({ path }) => tables[path] === undefined).map(({ text }) => text.split("\n").length - 1),
  );
  return { saw: `${files.length} files, the longest has ${longest} lines`, faults };
}
