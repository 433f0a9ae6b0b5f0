/**
 * Reads YAML twice, here and as kubectl does, until enough documents are compared: what both accept must be the same.
 * Then writes values, and has them read here, by kubectl and by yaml.v3. Where Go is not at hand nothing is compared,
 * and that is said.
 *
 *     npm run fuzz:yaml -- [--texts N] [--values N] [--seed N]
 *     npm run fuzz:yaml -- --record       what kubectl reads, for tests without Go
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { PolicyValue } from "../core/kyverno/policy/policy.ts";
import { readYaml } from "../core/kyverno/policy/yaml.ts";
import { defaultLimits } from "../core/limits.ts";
import { toYamlText } from "../cli/render/yaml.ts";
import { buildOracle, Oracle, type OracleAnswer } from "./fuzz/yaml-oracle.ts";
import { recordedTexts } from "./fuzz/yaml-readings.ts";
import { manifestSeeds, yamlTextAt } from "./fuzz/yaml-texts.ts";
import { yamlValueAt } from "./fuzz/yaml-values.ts";

/** Marks an integer that a double does not hold, as the oracle does. */
const exact = "\ue000";

/** A value as one text, independent of the order of its keys. */
export function canonical(value: unknown): string {
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? String(value) : JSON.stringify(exact + String(value));
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(Object.is(value, -0) ? 0 : value);
  const members = Object.entries(value as Readonly<Record<string, unknown>>);
  members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(",")}}`;
}

export interface Comparison {
  readonly texts: number;
  /** Texts that both read to the end, and the documents in them. */
  readonly both: number;
  readonly documents: number;
  readonly hereOnly: number;
  readonly thereOnly: number;
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly index: number;
  readonly text: string;
  readonly here: readonly string[];
  readonly there: readonly string[];
}

/** The documents that are not null; `undefined` where the text is refused. */
export function readHere(text: string): readonly string[] | undefined {
  const { documents, problems } = readYaml(text, "f", { limits: defaultLimits });
  if (problems.length > 0) return undefined;
  return documents
    .map(({ value }) => value)
    .filter((value: PolicyValue) => value !== null)
    .map(canonical);
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);

const batch = 2000;

/** Compares texts of a seed. `first` is the first index. */
export async function compareYaml(
  oracle: Oracle,
  { texts, seed, first = 0 }: { readonly texts: number; readonly seed: number; readonly first?: number },
  progress: (done: number) => void = () => undefined,
): Promise<Comparison> {
  const seeds = manifestSeeds();
  let [both, documents, hereOnly, thereOnly] = [0, 0, 0, 0];
  const differences: Difference[] = [];
  for (let start = first; start < first + texts; start += batch) {
    const some = Array.from({ length: Math.min(batch, first + texts - start) }, (_, index) =>
      yamlTextAt(start + index, seed, seeds),
    );
    // The oracle reads while this process does.
    const answers = oracle.read(some, "kubectl");
    const read = some.map(readHere);
    (await answers).forEach(({ docs, error }: OracleAnswer, index) => {
      const here = read[index];
      const there = (docs ?? []).map(canonical);
      if (here === undefined) thereOnly += error === "" ? 1 : 0;
      else if (error !== "") hereOnly++;
      else {
        both++;
        documents += here.length;
        if (!same(here, there)) differences.push({ index: start + index, text: some[index] ?? "", here, there });
      }
    });
    progress(start + some.length - first);
  }
  return { texts, both, documents, hereOnly, thereOnly, differences };
}

/** Values that some reader does not read as they were before they were written. */
export async function compareWritten(oracle: Oracle, values: number, seed: number): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (let start = 0; start < values; start += batch) {
    const some = Array.from({ length: Math.min(batch, values - start) }, (_, index) =>
      yamlValueAt(start + index, seed),
    );
    const texts = some.map(toYamlText);
    const answers = [await oracle.read(texts, "kubectl"), await oracle.read(texts, "yaml.v3")];
    texts.forEach((text, index) => {
      const wanted = [canonical(some[index])];
      const here = readHere(text) ?? ["refused"];
      const there = answers.map((read) => read[index]?.docs?.map(canonical) ?? [read[index]?.error ?? ""]);
      for (const read of [here, ...there])
        if (!same(read, wanted)) differences.push({ index: start + index, text, here: wanted, there: read });
    });
  }
  return differences;
}

const recorded = new URL("../test/fixtures/yaml-readings/readings.json", import.meta.url);

/** Each text with what kubectl reads; null where it refuses. */
async function record(oracle: Oracle): Promise<void> {
  const texts = recordedTexts();
  const answers = await oracle.read(texts, "kubectl");
  const rows = texts.map((text, index) => {
    const { docs = [], error = "" } = answers[index] ?? {};
    return JSON.stringify([text, error === "" ? (docs ?? []).map(canonical) : null]);
  });
  writeFileSync(recorded, `[\n${rows.join(",\n")}\n]\n`);
  process.stdout.write(`${rows.length} readings\n`);
}

function show(kind: string, seed: number, differences: readonly Difference[]): void {
  for (const { index, text, here, there } of differences.slice(0, 20))
    process.stdout.write(
      `${kind} ${index} of seed ${seed}: ${JSON.stringify(text)}\n  here  ${here.join(" | ")}\n` +
        `  there ${there.join(" | ")}\n`,
    );
}

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      texts: { type: "string", default: "1000000" },
      values: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      record: { type: "boolean", default: false },
    },
  });
  const [texts, values, seed] = [Number(flags.texts), Number(flags.values), Number(flags.seed)];
  if (!Number.isInteger(texts) || texts < 1 || !Number.isInteger(values) || values < 1 || !Number.isInteger(seed))
    throw new Error("--texts and --values are positive integers, --seed is an integer");
  // Most errors of a run are refusals, and their stacks cost more than reading.
  Error.stackTraceLimit = 0;
  const folder = mkdtempSync(join(tmpdir(), "sallyport-yaml-"));
  try {
    const built = buildOracle(folder);
    if ("skipped" in built) {
      process.stdout.write(`skipped: ${built.skipped}\n`);
      return;
    }
    const oracle = new Oracle(built.program);
    if (flags.record) {
      await record(oracle);
      oracle.end();
      return;
    }
    const found = await compareYaml(oracle, { texts, seed }, (done) => {
      if (done % 100_000 === 0) process.stderr.write(`${done} texts\n`);
    });
    const written = await compareWritten(oracle, values, seed);
    oracle.end();
    show("text", seed, found.differences);
    show("value", seed, written);
    process.stdout.write(
      `${found.texts} texts: ${found.both} read by both (${found.documents} documents), ` +
        `${found.thereOnly} by kubectl only, ${found.hereOnly} here only; ` +
        `${found.differences.length} read differently\n` +
        `${values} values written: ${written.length} read differently\n`,
    );
    process.exitCode = found.differences.length + written.length === 0 && found.both > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
