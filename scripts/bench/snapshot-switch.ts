/** Requests to `serve` while it switches from snapshot to snapshot: none may be lost. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDist } from "../build.ts";
import type { Bench } from "./bench.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

interface Counted {
  readonly asked: number;
  readonly answered: number;
  readonly switches: number;
}

export const snapshotSwitch: Bench = {
  name: "switch",
  says: "`sallyport serve` is asked by 8 clients without a pause, while it follows snapshots: counts of requests",
  async run({ quick }) {
    await buildDist(root);
    const [switches, images] = quick ? [1, 20] : [10, 1000];
    const words = ["--import", "tsx", join(root, "test/e2e/bench-switch.ts"), String(switches), String(images)];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: root,
      encoding: "utf8",
      timeout: 20 * 60_000,
    });
    if (status !== 0) throw new Error(`test/e2e/bench-switch.ts ended with ${status}\n${stderr.slice(-1000)}`);
    const counted = JSON.parse(stdout) as Counted;
    return [
      { what: `of ${switches} snapshots, those that were switched to`, ratio: counted.switches / switches, atLeast: 1 },
      {
        what: `of ${counted.asked} requests, those that were lost`,
        ratio: counted.asked - counted.answered,
        atMost: 0,
      },
    ];
  },
};
