/**
 * Deciding with many policies loaded, and again with what was verified before; beside the real Kyverno command line.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bench, type BenchRow, median } from "./bench.ts";
import { importBundled } from "./bundled.ts";

const fixtures = fileURLToPath(new URL("../../test/fixtures/documentation", import.meta.url));

/**
 * The same policy and Pod as processes: the real Kyverno command line beside ours. The policy has a precondition that
 * does not hold, so that no registry is needed.
 */
function besideKyverno(kyverno: string, policy: string, quick: boolean): BenchRow {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    writeFileSync(
      join(folder, "policy.yaml"),
      policy.replace(
        "    verifyImages:",
        '    preconditions: { all: [{ key: "{{ request.operation }}", operator: Equals, value: UPDATE }] }\n' +
          "    verifyImages:",
      ),
    );
    writeFileSync(
      join(folder, "pod.yaml"),
      "apiVersion: v1\n" +
        "kind: Pod\n" +
        "metadata: { name: web, namespace: shop }\n" +
        "spec: { containers: [{ name: c, image: ghcr.io/team-1/web:1 }] }\n",
    );
    const program = fileURLToPath(new URL("../../dist/sallyport.mjs", import.meta.url));
    const time = (command: string, words: readonly string[]): number => {
      const begun = performance.now();
      const { status, stderr } = spawnSync(command, [...words, "apply", "policy.yaml", "--resource", "pod.yaml"], {
        cwd: folder,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`${command}: exit code ${status}: ${stderr}`);
      return performance.now() - begun;
    };
    const rounds = Array.from(
      { length: quick ? 2 : 9 },
      () => [time(kyverno, []), time(process.execPath, [program])] as const,
    );
    return {
      what: "apply of one policy to one Pod as processes: Kyverno's time, times ours",
      ratio: median(rounds.map(([theirs]) => theirs)) / median(rounds.map(([, ours]) => ours)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const policies: Bench = {
  name: "policies",
  says: "deciding with many policies loaded, and what is remembered",
  async run({ quick, kyverno }) {
    const { policyText, remembered, unmatched } =
      await importBundled<typeof import("./policies-rounds.ts")>("policies-rounds");
    const counts = quick ? [10, 1000] : [10, 100, 1000, 10_000];
    const times = counts.map((count) => unmatched(count, quick));
    const [first = Number.NaN] = times;
    return [
      ...times.slice(1).map((time, index) => ({
        what: `a Pod that no rule concerns, ${counts[index + 1]} policies, times the time with ${counts[0]}`,
        ratio: time / first,
        atMost: 2,
      })),
      remembered(fixtures, quick),
      ...(kyverno === undefined ? [] : [besideKyverno(kyverno, policyText(1), quick)]),
    ];
  },
};
