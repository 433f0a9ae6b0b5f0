/** Processes from start to end, beside `node -e 0`: what a script that calls the program for each image pays. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDist } from "../build.ts";
import { type Bench, median } from "./bench.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

export const start: Bench = {
  name: "start",
  says: "processes beside `node -e 0`, interleaved",
  async run({ quick }) {
    await buildDist(root);
    const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
    try {
      cpSync(join(root, "test/fixtures/documentation"), folder, { recursive: true });
      const program = join(root, "dist/sallyport.mjs");
      const image = "ghcr.io/kyverno/test-verify-image:signed";
      const run = (words: readonly string[]): number => {
        const begun = performance.now();
        const { status, stderr } = spawnSync(process.execPath, words, {
          cwd: folder,
          env: { PATH: process.env.PATH, SALLYPORT_STORE: "mirror" },
          encoding: "utf8",
        });
        if (status !== 0) throw new Error(`${words.join(" ")}: exit code ${status}: ${stderr}`);
        return performance.now() - begun;
      };
      run([program, "mirror", "add", "layout", "--complete"]);
      const calls = {
        nothing: ["-e", "0"],
        version: [program, "version"],
        verify: [program, "verify", "--key", "trust/release.pub", "--insecure-ignore-tlog", image],
      };
      const times: Record<keyof typeof calls, number[]> = { nothing: [], version: [], verify: [] };
      for (let round = 0; round < (quick ? 3 : 15); round++)
        for (const name of ["nothing", "version", "verify"] as const) times[name].push(run(calls[name]));
      const nothing = median(times.nothing);
      return [
        { what: "sallyport version, times node -e 0", ratio: median(times.version) / nothing, atMost: 3 },
        {
          what: "sallyport verify of one mirrored image, times node -e 0",
          ratio: median(times.verify) / nothing,
          atMost: 5,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
