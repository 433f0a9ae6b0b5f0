/** Format and lint by biome, over every file that git does not ignore. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import type { CheckReport } from "./check.ts";

const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");

interface BiomeReport {
  readonly summary: { readonly changed: number; readonly unchanged: number };
  readonly diagnostics: readonly {
    readonly severity: string;
    readonly message: string;
    readonly category: string;
    readonly location?: { readonly path: string; readonly start?: { readonly line: number } };
  }[];
}

function readReport(text: string): BiomeReport | undefined {
  const start = text.indexOf("{");
  if (start === -1) return undefined;
  try {
    return JSON.parse(text.slice(start)) as BiomeReport;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Errors and warnings; checking no file is a fault. */
export function checkLint(root: string): CheckReport {
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [biome, "check", "--reporter=json", "--colors=off", "--max-diagnostics=none", "."],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (error !== undefined) return { saw: "nothing", faults: [`biome did not run: ${error.message}`] };
  const report = readReport(stdout);
  if (report === undefined)
    return { saw: "nothing", faults: [`biome gave no report: ${`${stdout}${stderr}`.trim().slice(0, 400)}`] };
  const faults = report.diagnostics
    .filter(({ severity }) => severity !== "information" && severity !== "hint")
    .map(
      ({ message, category, location }) =>
        `${location === undefined ? "" : `${location.path}:${location.start?.line ?? 0}: `}${category}: ${message}`,
    );
  const files = report.summary.changed + report.summary.unchanged;
  if (files === 0) faults.push("no file was checked");
  if (status !== 0 && faults.length === 0) faults.push(`biome ended with ${status}: ${stderr.trim().slice(0, 400)}`);
  return { saw: `${files} files`, faults };
}
