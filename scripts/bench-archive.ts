/**
 * `npm run bench:archive [-- NAME...]`: signed archives, as `npm run bench` shows the rest: ratios of one run, each
 * with its bound.
 */
import { fileURLToPath } from "node:url";
import { runChosen } from "./bench.ts";
import type { Bench } from "./bench/bench.ts";
import { crossing } from "./bench/crossing.ts";
import { snapshotSwitch } from "./bench/snapshot-switch.ts";

export const archiveBenches: readonly Bench[] = [crossing, snapshotSwitch];

if (process.argv[1] === fileURLToPath(import.meta.url)) await runChosen(archiveBenches);
