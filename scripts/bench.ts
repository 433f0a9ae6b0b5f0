/**
 * `npm run bench [-- NAME...]`: prints ratios measured in one run, each with the bound it must keep. Exit code 1 when
 * one is not kept. `KYVERNO=path` adds the real Kyverno command line, `SALLYPORT_VECTORS` the bundles of the Sigstore
 * conformance suite, Go on the path sigstore-go.
 */
import { fileURLToPath } from "node:url";
import { type Bench, type BenchSetting, keepsBound } from "./bench/bench.ts";
import { policies } from "./bench/policies.ts";
import { sigstoreGo } from "./bench/sigstore-go.ts";
import { start } from "./bench/start.ts";
import { verify } from "./bench/verify.ts";

export const benches: readonly Bench[] = [verify, sigstoreGo, start, policies];

export interface BenchCount {
  readonly kept: number;
  readonly missed: number;
  readonly skipped: number;
}

/** Runs benchmarks one after the other, so that they do not disturb each other. */
export async function runBenches(
  chosen: readonly Bench[],
  setting: BenchSetting,
  write: (text: string) => void,
): Promise<BenchCount> {
  const count = { kept: 0, missed: 0, skipped: 0 };
  for (const bench of chosen) {
    write(`${bench.name}: ${bench.says}\n`);
    const result = await bench.run(setting);
    if ("skipped" in result) {
      count.skipped += 1;
      write(`  skipped: ${result.skipped}\n`);
      continue;
    }
    for (const row of result) {
      const bound =
        row.atLeast !== undefined ? `at least ${row.atLeast}` : row.atMost !== undefined ? `at most ${row.atMost}` : "";
      const kept = keepsBound(row);
      if (bound !== "" || !kept) count[kept ? "kept" : "missed"] += 1;
      write(
        `  ${row.ratio.toFixed(2).padStart(8)}  ` +
          `${row.what}${bound === "" ? "" : `  (${bound}${kept ? "" : ": MISSED"})`}\n`,
      );
    }
  }
  return count;
}

/** The program: runs those of `all` that the command line names, or all. */
export async function runChosen(all: readonly Bench[]): Promise<void> {
  const names = process.argv.slice(2);
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  if (chosen.length < names.length) throw new Error(`there are ${all.map(({ name }) => name).join(", ")}`);
  const setting = { vectors: process.env.SALLYPORT_VECTORS, kyverno: process.env.KYVERNO, quick: false };
  const { kept, missed, skipped } = await runBenches(chosen, setting, (text) => process.stdout.write(text));
  process.stdout.write(`\n${kept} bounds kept, ${missed} missed${skipped === 0 ? "" : `, ${skipped} skipped`}\n`);
  process.exitCode = missed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runChosen(benches);
