/**
 * `npm run bench:admission [-- NAME...]`: the webhook, as `npm run bench` shows the rest: ratios of one run, each with
 * its bound. Each row is a file `bench/admission-*.ts`.
 */
import { fileURLToPath } from "node:url";
import { runChosen } from "./bench.ts";
import type { Bench } from "./bench/bench.ts";
import { admissionCold } from "./bench/admission-cold.ts";
import { admissionKyverno } from "./bench/admission-kyverno.ts";
import { admissionLoad, admissionMemory } from "./bench/admission-load.ts";
import { admissionWarm } from "./bench/admission-warm.ts";

export const admissionBenches: readonly Bench[] = [
  admissionWarm,
  admissionCold,
  admissionLoad,
  admissionMemory,
  admissionKyverno,
];

if (process.argv[1] === fileURLToPath(import.meta.url)) await runChosen(admissionBenches);
