/** Plants every fault in turn and says who saw it. */
import { cpuSeconds } from "../cpu-time.ts";
import { TreeCopy } from "./copy.ts";
import { type Fault, tableProblems } from "./fault.ts";
import { ModuleGraph } from "./module-graph.ts";
import { type FaultResult, ResultFile, type Sighting, treeDigest } from "./results.ts";
import { attackSeconds, chooseFor, firstFailing, firstFailingGolden, look } from "./sightings.ts";

export interface MutantOptions {
  readonly root: string;
  readonly faults: readonly Fault[];
  /** Only those with one of these names. */
  readonly names: readonly string[];
  /** Where the copy of the tree is made. */
  readonly folder: string;
  readonly resultFile: string;
  readonly write: (text: string) => void;
}

export interface MutantSummary {
  readonly seen: number;
  /** One for each fault that lives, and for each suite that fails without a fault. */
  readonly problems: readonly string[];
}

/** Why a result is not good enough. */
export function problemOf(fault: Fault, { tests, attacks, golden }: Sighting): string | undefined {
  if (tests === undefined && attacks === undefined && golden === undefined) return `${fault.name} lives`;
  if (fault.signature === true && golden !== "golden-verify") return `${fault.name} is not seen by golden-verify`;
  return undefined;
}

const short = (file: string): string => file.replace(/^test\//, "").replace(/\.test\.ts$/, "");

/** A line for people: the fault, and who saw it. */
export function describeResult({ name }: Fault, { tests, attacks, golden, cpuSeconds: seconds }: FaultResult): string {
  const cells = [tests, attacks, golden].map((who) => (who === undefined ? "-" : short(who)));
  return `${name.padEnd(28)} ${cells.map((cell) => cell.padEnd(34)).join(" ")} ${seconds.toFixed(1).padStart(6)} s\n`;
}

/** What saw something must pass without a fault, or it has shown nothing. */
async function falseAlarms(root: string, results: readonly FaultResult[]): Promise<readonly string[]> {
  const problems: string[] = [];
  let files = [...new Set(results.flatMap(({ tests = [], attacks = [] }) => [tests, attacks].flat()))];
  while (files.length > 0) {
    const failing = await firstFailing(root, files);
    if (failing === undefined) break;
    problems.push(`${failing} fails without a fault`);
    files = files.slice(files.indexOf(failing) + 1);
  }
  for (const suite of new Set(results.flatMap(({ golden }) => golden ?? [])))
    if ((await firstFailingGolden(root, [suite])) !== undefined) problems.push(`${suite} fails without a fault`);
  return problems;
}

/** @throws Error when a name is no fault's, or when the table does not fit the sources. */
export async function runMutants(options: MutantOptions): Promise<MutantSummary> {
  const { root, faults, names, write } = options;
  const unknown = names.filter((name) => !faults.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`no fault is called ${unknown.join(", ")}`);
  const wrong = tableProblems(root, faults);
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  const chosen = names.length === 0 ? faults : faults.filter(({ name }) => names.includes(name));
  const known = new ResultFile(options.resultFile, treeDigest(root));
  const graph = new ModuleGraph(root);
  const copy = new TreeCopy(root, options.folder);
  const results: FaultResult[] = [];
  const fresh: FaultResult[] = [];
  const problems: string[] = [];
  write(`${"fault".padEnd(28)} ${["tests", "attacks", "golden sets"].map((cell) => cell.padEnd(34)).join(" ")}  CPU\n`);
  try {
    for (const fault of chosen) {
      const before = cpuSeconds();
      let result = known.find(fault);
      if (result === undefined) {
        const sighting = await copy.with(fault, () => look(copy.folder, chooseFor(fault, graph)));
        result = { ...sighting, cpuSeconds: cpuSeconds() - before };
        known.keep(fault, result);
        fresh.push(result);
      }
      results.push(result);
      const problem = problemOf(fault, result);
      if (problem !== undefined) problems.push(problem);
      write(`${problem === undefined ? "" : "FAIL "}${describeResult(fault, result)}`);
    }
    problems.push(...(await falseAlarms(copy.folder, fresh)));
  } finally {
    copy.remove();
  }
  const minutes = results.reduce((sum, result) => sum + result.cpuSeconds, 0) / 60;
  write(
    `\n${minutes.toFixed(1)} minutes of CPU; attacks were looked at for ${attackSeconds} s each; ` +
      `${results.length - fresh.length} results from an earlier run\n`,
  );
  for (const problem of problems) write(`FAIL ${problem}\n`);
  return { seen: results.length - problems.length, problems };
}
