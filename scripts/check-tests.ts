/**
 * Every source file with code to run has the test that mirrors its path, or a row that says where it is tested instead.
 */
import type { CheckReport } from "./check.ts";
import { blankText, readSources } from "./source-text.ts";
import { testedElsewhere } from "./tested-elsewhere.ts";

const runtimeExport = /^export\s+(?:default\b|async\b|abstract\b|function\b|class\b|const\b|let\b|var\b)/m;
const constantsOnly = /^export const \w+(?:: [^=]+)? = (?:"[^"]*"|[\d_.]+n?);$/;

/** Whether a source exports something that runs: functions, classes, computed values. */
export function hasRuntimeExport(text: string): boolean {
  const code = blankText(text, { strings: "keep" });
  return code.split("\n").some((line) => runtimeExport.test(line) && !constantsOnly.test(line.trim()));
}

/** `core/x509/path.ts` → `test/core/x509/path.test.ts`. */
export const mirroredTest = (path: string): string => `test/${path.replace(/\.tsx?$/, ".test.ts")}`;

/** Also: every suite of a test file is run, and is named after the file that it tests. */
export function checkTests(
  root: string,
  elsewhere: Readonly<Record<string, { readonly test: string; readonly why: string }>> = testedElsewhere,
): CheckReport {
  const sources = readSources(root, ["core", "proxy", "cli"]).filter(({ text }) => hasRuntimeExport(text));
  const tests = readSources(root, ["test"]).filter(({ path }) => path.endsWith(".test.ts"));
  const testPaths = new Set(tests.map(({ path }) => path));
  const faults: string[] = [];
  for (const { path } of sources) {
    const row = elsewhere[path];
    const mirrored = testPaths.has(mirroredTest(path));
    if (row === undefined && !mirrored) faults.push(`${path}: ${mirroredTest(path)} is missing`);
    if (row !== undefined && mirrored)
      faults.push(`${path}: has its own test; remove its row from scripts/tested-elsewhere.ts`);
  }
  for (const [path, { test, why }] of Object.entries(elsewhere)) {
    if (!sources.some((source) => source.path === path))
      faults.push(`scripts/tested-elsewhere.ts: ${path} has no code to test, or does not exist`);
    if (!testPaths.has(test)) faults.push(`scripts/tested-elsewhere.ts: ${test} does not exist`);
    if (why === "") faults.push(`scripts/tested-elsewhere.ts: ${path} has no reason`);
  }
  for (const { path, text } of tests) {
    const code = blankText(text, { strings: "keep" });
    const suites = [...code.matchAll(/^(?:const|let) (\w+) = suite(?:<[^>]*>)?\(/gm)].map((found) => found[1] ?? "");
    const attacks = /^const \{ attack, run \} = attackSuite\(/m.test(code);
    if (suites.length === 0 && !attacks && !/\bsuite\b/.test(code)) faults.push(`${path}: has no suite`);
    if (attacks && !/^run\(\)/m.test(code)) faults.push(`${path}: run() is missing`);
    for (const name of suites)
      if (!new RegExp(`\\b${name}\\.run\\(\\)`).test(code)) faults.push(`${path}: ${name}.run() is missing`);
  }
  if (sources.length === 0) faults.push("no source was checked");
  return {
    saw: `${sources.length} sources, ${tests.length} test files, ${Object.keys(elsewhere).length} tested elsewhere`,
    faults,
  };
}
