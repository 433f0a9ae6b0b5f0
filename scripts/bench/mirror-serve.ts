/** `serve` from its start to its first answer, on a big mirror beside an empty one: nothing is scanned at the start. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultLimits } from "../../core/limits.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { buildDist } from "../build.ts";
import { type Bench, median } from "./bench.ts";
import { fillMirror, realImages } from "./mirror-fill.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** Milliseconds until `serve` says that it answers. */
async function startOf(store: string): Promise<number> {
  const begun = performance.now();
  const words = [join(root, "dist/sallyport.mjs"), "serve", "--store", store, "--listen", "127.0.0.1:0", "-o", "json"];
  const child = spawn(process.execPath, words, {
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: process.env.PATH },
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const took = await new Promise<number>((resolve, reject) => {
    child.stdout.once("data", () => resolve(performance.now() - begun));
    child.once("close", (code) => reject(new Error(`serve ended with ${code}`)));
  });
  child.kill("SIGTERM");
  await ended;
  return took;
}

export const mirrorServe: Bench = {
  name: "serve",
  says: "`sallyport serve` from start to readiness, on mirrors of two sizes, interleaved",
  async run({ quick }) {
    await buildDist(root);
    const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
    try {
      const [empty, big] = [join(folder, "empty"), join(folder, "big")];
      const size = quick ? 2 * realImages : 1_000_000;
      openMirror(empty, { mode: "write", limits: defaultLimits }).close();
      fillMirror(big, size);
      const times: Record<"empty" | "big", number[]> = { empty: [], big: [] };
      for (let round = 0; round < (quick ? 3 : 15); round++) {
        times.empty.push(await startOf(empty));
        times.big.push(await startOf(big));
      }
      const ratio = median(times.big) / median(times.empty);
      return [{ what: `start on ${size} images, times that on none`, ratio, ...(quick ? {} : { atMost: 2 }) }];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
