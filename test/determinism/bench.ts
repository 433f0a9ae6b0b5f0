/**
 * `npm run bench:edge [-- NAME...]`: the engine in hosts that are not Node, and capsules, as `npm run bench` shows the
 * rest: ratios of one run, each with its bound. A host that is not here is skipped, and counted.
 */
import { fileURLToPath } from "node:url";
import { runChosen } from "../../scripts/bench.ts";
import type { Bench } from "../../scripts/bench/bench.ts";
import { edgeBrowser } from "./bench-browser.ts";
import { edgeComponent } from "./bench-component.ts";
import { edgeOpen } from "./bench-open.ts";

export const edgeBenches: readonly Bench[] = [edgeOpen, edgeComponent, edgeBrowser];

if (process.argv[1] === fileURLToPath(import.meta.url)) await runChosen(edgeBenches);
