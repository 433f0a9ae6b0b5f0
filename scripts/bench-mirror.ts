/**
 * `npm run bench:mirror [-- NAME...]`: the mirror, sync and the registry proxy, as `npm run bench` shows the rest:
 * ratios of one run, each with its bound. Each row is a file `bench/mirror-*.ts`.
 */
import { fileURLToPath } from "node:url";
import { runChosen } from "./bench.ts";
import type { Bench } from "./bench/bench.ts";
import { mirrorLookup } from "./bench/mirror-lookup.ts";
import { mirrorProxy } from "./bench/mirror-proxy.ts";
import { mirrorServe } from "./bench/mirror-serve.ts";
import { mirrorSync } from "./bench/mirror-sync.ts";

export const mirrorBenches: readonly Bench[] = [mirrorLookup, mirrorServe, mirrorProxy, mirrorSync];

if (process.argv[1] === fileURLToPath(import.meta.url)) await runChosen(mirrorBenches);
