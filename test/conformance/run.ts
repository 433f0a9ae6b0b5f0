/**
 * Runs other people's suites and the golden results through this code: `npm run conformance [-- SUITE...]`. Known gaps
 * are rows of `test/conformance/expected-failures.json`, `SUITE: CASE` → reason; a listed case that passes fails the
 * run. Ends with `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import { createKernelVerifier } from "../../core/kernel/comb-verifier.ts";
import { createSumVerifier } from "../../core/kernel/sum-verifier.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { wasmHost } from "../../proxy/host/wasm-host.ts";
import { runCanonicalJson } from "./canonical-json.ts";
import { runGoldenAutogen } from "./golden-autogen.ts";
import type { GoldenReport } from "./golden-cases.ts";
import { runGoldenConditions } from "./golden-conditions.ts";
import { runGoldenImages, runGoldenWildcards } from "./golden-images.ts";
import { runGoldenJmespath } from "./golden-jmespath.ts";
import { runGoldenMatch } from "./golden-match.ts";
import { runGoldenAsked } from "./golden-asked.ts";
import { goldenVerifyFolder, readGoldenDifferences, runGoldenVerify } from "./golden-verify.ts";
import { runJmespathSuite } from "./jmespath.ts";
import { runMerkle } from "./merkle.ts";
import { type ConformanceReport, conformanceArguments, runSigstoreConformance } from "./sigstore.ts";
import { runWycheproof } from "./wycheproof.ts";
import { buildDist } from "../../scripts/build.ts";
import { nodeKernel } from "../support/component-kernel.ts";

export interface SuiteResult {
  readonly passed: number;
  /** What failed: the case, then what was expected and what came. */
  readonly failed: readonly { readonly name: string; readonly why: string }[];
  /** For people: what else is to be known of the run. */
  readonly notes: readonly string[];
}

/** `first`: to know that something fails is enough. */
export interface RunOptions {
  readonly first?: boolean;
}

export interface Suite {
  readonly name: string;
  /** Where its data are, below `SALLYPORT_VECTORS` or `SALLYPORT_GOLDEN`. */
  readonly data: readonly ["vectors" | "golden", string];
  readonly run: (folder: string, options: RunOptions) => SuiteResult | Promise<SuiteResult>;
}

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
/** Every P-256 and P-384 key by combs, from its first signature on, and as the component has it. */
const host = wasmHost();
const kernelVerifiers = host === undefined ? [] : [createKernelVerifier(host, 0), createSumVerifier(nodeKernel())];
/** Long after every certificate of the suites: what depends on the time of the run shows. */
const now = new Date("2026-11-23T00:00:00Z");

const named = (failed: readonly string[]): SuiteResult["failed"] =>
  failed.map((name) => ({ name, why: "judged wrongly" }));
const counted = ({ passed, failed }: { readonly passed: number; readonly failed: readonly string[] }): SuiteResult => ({
  passed,
  failed: named(failed),
  notes: [],
});

function golden(report: GoldenReport): SuiteResult {
  const rows = new Map<string, number>();
  for (const { row } of report.deliberate) rows.set(row, (rows.get(row) ?? 0) + 1);
  return {
    passed: report.passed,
    failed: report.list.map(({ id, expected, actual }) => ({ name: id, why: `expected ${expected}, got ${actual}` })),
    notes: [...rows].map(([row, count]) => `${count} differ by ${row}`),
  };
}

const lists = ({ passed, list }: { readonly passed: number; readonly list: readonly string[] }): SuiteResult => ({
  passed,
  failed: list.map((line) => ({ name: line.split(":")[0] ?? line, why: line })),
  notes: [],
});

function sigstore(...reports: readonly ConformanceReport[]): SuiteResult {
  const wrong = reports.flatMap(({ list }) => list.filter(({ expected, actual }) => expected !== actual));
  return {
    passed: reports.reduce((sum, { passed }) => sum + passed, 0),
    failed: wrong.map(({ name, expected, actual, why }) => ({
      name,
      why: `expected ${expected}, got ${actual} ${why}`,
    })),
    notes: [],
  };
}

function runSigstore(folder: string): SuiteResult {
  const productionRoot = new Uint8Array(readFileSync(join(folder, "../root-signing/targets/trusted_root.json")));
  return sigstore(
    ...[nobleVerifier, nodeVerifier].map((verifier) =>
      runSigstoreConformance({ folder: join(folder, "bundle-verify"), productionRoot, verifier, now }),
    ),
  );
}

/** The built client, one process a case, with the suite's own command lines. */
async function runSigstoreClient(folder: string): Promise<SuiteResult> {
  const outdir = join(root, "dist");
  await buildDist(root);
  const failed: { name: string; why: string }[] = [];
  let passed = 0;
  for (const { name, words, cwd } of conformanceArguments(join(folder, "bundle-verify"))) {
    const { status, stderr } = spawnSync(process.execPath, [join(outdir, "conformance.mjs"), ...words], {
      cwd,
      encoding: "utf8",
    });
    if ((status === 0) === !/_fail by /.test(name)) passed += 1;
    else failed.push({ name, why: `exit code ${status} ${stderr.trim()}` });
  }
  return { passed, failed, notes: [] };
}

function runGoldenVerdicts(folder: string, { first }: RunOptions): SuiteResult {
  const where = goldenVerifyFolder(join(folder, "..")) ?? folder;
  const report = runGoldenVerify(where, readGoldenDifferences(), now, { first: first === true });
  const rows = new Map<string, number>();
  for (const row of report.byRow.values()) rows.set(row, (rows.get(row) ?? 0) + 1);
  return {
    passed: report.same + report.byRow.size + report.damaged.count - report.damaged.accepted.length,
    failed: [
      ...report.without.map(({ id, what, theirs, ours }) => ({
        name: id,
        why:
          `${what}: theirs ${JSON.stringify({ ...theirs, messages: undefined, codes: undefined })}, ours ` +
          `${JSON.stringify({ ...ours, messages: undefined })}`,
      })),
      ...report.damaged.accepted.map(({ id, damage }) => ({ name: id, why: `is accepted with ${damage}` })),
      ...report.idle.map((name) => ({
        name,
        why: "golden-differences.json names it for a row that does not decide it",
      })),
    ],
    notes: [
      `${report.total} cases: ${report.same} same, ${report.byRow.size} differ by row, ` +
        `${report.without.length} differ without row`,
      `${report.damaged.count} damaged copies of accepted cases: ${report.damaged.accepted.length} are accepted`,
      ...[...rows].map(([row, count]) => `${count} by ${row}`),
    ],
  };
}

/** The same cases with their registries asked over HTTP. */
async function runGoldenByAsking(folder: string): Promise<SuiteResult> {
  const { passed, failed, requests } = await runGoldenAsked(goldenVerifyFolder(join(folder, "..")) ?? folder, now);
  return { passed, failed, notes: [`${requests} requests`] };
}

function runWycheproofFiles(folder: string): SuiteResult {
  const counts = Object.entries(runWycheproof(folder, [nobleVerifier, nodeVerifier, ...kernelVerifiers]));
  const unsupported = counts.reduce((sum, [, count]) => sum + count.unsupported.length, 0);
  return {
    passed: counts.reduce((sum, [, count]) => sum + count.passed, 0),
    failed: counts.flatMap(([file, count]) =>
      count.failed.map((name) => ({ name: `${file} ${name}`, why: "judged wrongly" })),
    ),
    notes: unsupported === 0 ? [] : [`${unsupported} of curves and algorithms that no Sigstore key has`],
  };
}

export const suites: readonly Suite[] = [
  { name: "sigstore", data: ["vectors", "sigstore-conformance"], run: runSigstore },
  { name: "sigstore-client", data: ["vectors", "sigstore-conformance"], run: runSigstoreClient },
  { name: "wycheproof", data: ["vectors", "wycheproof"], run: runWycheproofFiles },
  { name: "merkle", data: ["vectors", "merkle"], run: (folder) => counted(runMerkle(folder)) },
  {
    name: "canonical-json",
    data: ["vectors", "json-canonicalization"],
    run: (folder) => counted(runCanonicalJson(folder)),
  },
  { name: "jmespath", data: ["vectors", "jmespath"], run: (folder) => lists(runJmespathSuite(folder)) },
  {
    name: "golden-jmespath",
    data: ["golden", "kyverno"],
    run: (folder) => lists(runGoldenJmespath(join(folder, "jmespath.jsonl"))),
  },
  {
    name: "golden-conditions",
    data: ["golden", "kyverno"],
    run: (folder) => golden(runGoldenConditions(join(folder, ".."))),
  },
  { name: "golden-match", data: ["golden", "kyverno"], run: (folder) => golden(runGoldenMatch(join(folder, ".."))) },
  { name: "golden-images", data: ["golden", "kyverno"], run: (folder) => golden(runGoldenImages(join(folder, ".."))) },
  {
    name: "golden-wildcards",
    data: ["golden", "kyverno"],
    run: (folder) => golden(runGoldenWildcards(join(folder, ".."))),
  },
  {
    name: "golden-autogen",
    data: ["golden", "kyverno"],
    run: (folder) => golden(runGoldenAutogen(join(folder, ".."))),
  },
  { name: "golden-verify", data: ["golden", "verify"], run: runGoldenVerdicts },
  { name: "golden-asked", data: ["golden", "verify"], run: runGoldenByAsking },
];

/** The suites of a name: its own, or all of a family (`golden` is those over `golden/kyverno`, `sigstore` both). */
export function chooseSuites(names: readonly string[]): readonly Suite[] {
  if (names.length === 0) return suites;
  return names.flatMap((name) => {
    const family =
      name === "golden"
        ? suites.filter((suite) => suite.data[1] === "kyverno")
        : suites.filter((suite) => suite.name === name || suite.name === `${name}-client`);
    if (family.length === 0)
      throw new Error(`no suite ${name}; there are golden, ${suites.map((suite) => suite.name).join(", ")}`);
    return family;
  });
}

export type ExpectedFailures = Readonly<Record<string, string>>;

/** Listed failures pass; a listed case of this suite that passes fails. */
export function applyExpected(suite: string, result: SuiteResult, expected: ExpectedFailures): SuiteResult {
  const key = (name: string): string => `${suite}: ${name}`;
  const failing = new Set(result.failed.map(({ name }) => key(name)));
  const known = result.failed.filter(({ name }) => Object.hasOwn(expected, key(name)));
  const stale = Object.keys(expected).filter((name) => name.startsWith(`${suite}: `) && !failing.has(name));
  return {
    passed: result.passed + known.length,
    failed: [
      ...result.failed.filter(({ name }) => !Object.hasOwn(expected, key(name))),
      ...stale.map((name) => ({ name: name.slice(suite.length + 2), why: "is listed as failing, and passes" })),
    ],
    notes: [...result.notes, ...known.map(({ name }) => `known gap: ${name}: ${expected[key(name)]}`)],
  };
}

export interface ConformanceRun {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Runs the suites whose data are at hand; a suite that ran no case fails. */
export async function runConformance(
  chosen: readonly Suite[],
  folders: { readonly vectors: string | undefined; readonly golden: string | undefined },
  expected: ExpectedFailures,
  write: (text: string) => void,
  options: RunOptions = {},
): Promise<ConformanceRun> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of chosen) {
    const [kind, below] = suite.data;
    const base = folders[kind];
    const folder = base === undefined ? undefined : join(base, below);
    if (folder === undefined || !existsSync(folder)) {
      total.skipped += 1;
      write(
        `skip ${suite.name.padEnd(18)} ${kind === "vectors" ? "SALLYPORT_VECTORS" : "SALLYPORT_GOLDEN"} has no ` +
          `${below}\n`,
      );
      continue;
    }
    const { passed, failed, notes } = applyExpected(suite.name, await suite.run(folder, options), expected);
    const wrong = passed + failed.length === 0 ? [{ name: suite.name, why: "no case ran" }] : failed;
    total.passed += passed;
    total.failed += wrong.length;
    write(
      `${wrong.length === 0 ? "ok  " : "FAIL"} ${suite.name.padEnd(18)} ${passed} passed, ${wrong.length} failed\n`,
    );
    for (const note of notes) write(`       ${note}\n`);
    for (const { name, why } of wrong) write(`     ✗ ${name}: ${why}\n`);
    if (options.first === true && wrong.length > 0) break;
  }
  return total;
}

async function main(): Promise<void> {
  const expected = JSON.parse(
    readFileSync(join(root, "test/conformance/expected-failures.json"), "utf8"),
  ) as ExpectedFailures;
  const folders = { vectors: process.env.SALLYPORT_VECTORS, golden: process.env.SALLYPORT_GOLDEN };
  const words = process.argv.slice(2);
  const { passed, failed, skipped } = await runConformance(
    chooseSuites(words.filter((word) => word !== "--first")),
    folders,
    expected,
    (text) => process.stdout.write(text),
    { first: words.includes("--first") },
  );
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
