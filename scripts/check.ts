/**
 * `npm run check`: every rule of the project that a machine can check, cheapest first. Each check is a function over a
 * root folder, so that tests can plant faults.
 */
import { fileURLToPath } from "node:url";
import { checkBundles } from "./check-bundles.ts";
import { checkCanary, checkProgram, checkTypes } from "./check-types.ts";
import { checkComponent } from "./check-component.ts";
import { checkExports } from "./check-exports.ts";
import { checkFiles } from "./check-files.ts";
import { checkLayers } from "./check-layers.ts";
import { checkLimits } from "./check-limits.ts";
import { checkLint } from "./check-lint.ts";
import { checkMutants } from "./check-mutants.ts";
import { checkMap } from "./check-map.ts";
import { checkPackages } from "./check-packages.ts";
import { checkPurity } from "./check-purity.ts";
import { checkSources } from "./check-sources.ts";
import { checkTests } from "./check-tests.ts";
import { checkCodesPage } from "./codes-page.ts";
import { checkConfigurationPage } from "./configuration-page.ts";
import { checkEnvironmentPage } from "./environment-page.ts";
import { checkJsonReference } from "./json-reference.ts";
import { checkManifests, findHelm } from "./manifests.ts";
import { checkNotices } from "./notices.ts";
import { checkSqlTexts } from "./sql-texts.ts";
import { summaryLine } from "./run-tests.ts";

/** What a check read, and all faults. A check that read nothing reports that as a fault. */
export interface CheckReport {
  readonly saw: string;
  readonly faults: readonly string[];
  /** How many parts were not looked at, since a program is missing here. */
  readonly skipped?: number;
}

export type Check = (root: string) => CheckReport | Promise<CheckReport>;

export const checks: Readonly<Record<string, Check>> = {
  layers: checkLayers,
  purity: checkPurity,
  limits: checkLimits,
  files: checkFiles,
  map: checkMap,
  sources: checkSources,
  tests: checkTests,
  exports: checkExports,
  packages: checkPackages,
  codes: checkCodesPage,
  environment: checkEnvironmentPage,
  configuration: checkConfigurationPage,
  sql: checkSqlTexts,
  mutants: (root) => checkMutants(root),
  reference: checkJsonReference,
  manifests: (root) => checkManifests(root, { helm: findHelm() }),
  lint: checkLint,
  canary: checkCanary,
  program: checkProgram,
  types: checkTypes,
  bundles: checkBundles,
  component: checkComponent,
  notices: checkNotices,
};

const shownFaults = 100;

/** Runs the named checks (all by default) and writes a line for each, with its faults. Returns an exit code. */
export async function runChecks(
  root: string,
  names: readonly string[],
  write: (text: string) => void,
  table: Readonly<Record<string, Check>> = checks,
): Promise<number> {
  const wanted = names.length === 0 ? Object.keys(table) : names;
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const name of wanted) {
    const check = table[name];
    const report: CheckReport =
      check === undefined
        ? { saw: "nothing", faults: [`there is no check of this name; there are ${Object.keys(table).join(", ")}`] }
        : await check(root);
    if (report.faults.length === 0) passed += 1;
    else failed += 1;
    skipped += report.skipped ?? 0;
    write(
      `${report.faults.length === 0 ? "ok  " : "FAIL"} check ${name}: ` +
        `${report.saw}${report.faults.length > 0 ? `, ${report.faults.length} faults` : ""}\n`,
    );
    for (const fault of report.faults.slice(0, shownFaults)) write(`    ${fault}\n`);
    if (report.faults.length > shownFaults) write(`    and ${report.faults.length - shownFaults} more\n`);
  }
  write(`\n${summaryLine({ passed, failed, skipped })}\n`);
  return failed > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
  process.exitCode = await runChecks(root, process.argv.slice(2), (text) => void process.stdout.write(text));
}
