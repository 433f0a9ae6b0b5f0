/**
 * The webhook beside real Kyverno's admission controller: the same Pods and the same policy. It needs a real API server
 * and a registry, which the end-to-end tests have; what is measured there comes back as rows.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench, BenchResult } from "./bench.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

export const admissionKyverno: Bench = {
  name: "kyverno",
  says: "warm reviews of the same Pods by the same policy, beside Kyverno 1.19 with its cache of verified images",
  run({ quick }) {
    if (process.platform !== "linux") return { skipped: "memory and time of a process are read from /proc" };
    const words = ["--import", "tsx", join(root, "test/e2e/bench-kyverno.ts"), ...(quick ? ["--quick"] : [])];
    const { status, stdout } = spawnSync(process.execPath, words, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`test/e2e/bench-kyverno.ts ended with ${status}`);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as BenchResult;
  },
};
