/**
 * `npm run e2e`: the built program beside the real programs of this field, all on loopback. Words select scenarios by
 * their names, `--list` prints them. Missing programs are built or fetched; a scenario whose programs cannot be had is
 * skipped and counted, and with `--require-all` that is a failure. `npm run e2e:cluster` is `--cluster`: those with a
 * real API server, and of the chart; `--with-kyverno` adds those beside real Kyverno, whose build takes half an hour.
 */
import { fileURLToPath } from "node:url";
import { buildDist } from "../../scripts/build.ts";
import { admissionScenarios } from "./admission.ts";
import { reportScenarios } from "./reports.ts";
import { amazonScenarios } from "./amazon.ts";
import { archiveScenarios } from "./archives.ts";
import { besideScenarios } from "./beside.ts";
import { chartScenarios } from "./charts.ts";
import { clusterScenarios } from "./clusters.ts";
import { obtain } from "./components.ts";
import { crossingScenarios } from "./crossing.ts";
import { crossingFaultScenarios } from "./crossing-faults.ts";
import { doorScenarios } from "./door.ts";
import { flagScenarios } from "./documented-flags.ts";
import { gateScenarios } from "./gate.ts";
import { goneScenarios } from "./gone.ts";
import { keyServiceScenarios } from "./key-services.ts";
import { kyvernoScenarios } from "./kyverno.ts";
import { logScenarios } from "./logs.ts";
import { listScenarios } from "./lists.ts";
import { installedScenarios } from "./installed.ts";
import { mayAskScenarios } from "./may-ask.ts";
import { nodeScenarios } from "./nodes.ts";
import { Stage } from "./processes.ts";
import { offlineScenarios } from "./offline.ts";
import { outageScenarios } from "./outages.ts";
import { proofScenarios } from "./proofs.ts";
import { privateSigstoreScenarios } from "./private-sigstore.ts";
import { proxyScenarios } from "./proxies.ts";
import { readOnlyScenarios } from "./read-only.ts";
import { replicaScenarios } from "./replicas.ts";
import { registryScenarios } from "./registries.ts";
import { severalPolicyScenarios } from "./several-policies.ts";
import { snapshotScenarios } from "./snapshots.ts";
import type { Scenario } from "./scenario.ts";
import { trustScenarios } from "./trust.ts";
import { zeroToDeniedScenarios } from "./zero-to-denied.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const words = process.argv.slice(2);
const flags = ["--require-all", "--list", "--cluster", "--with-kyverno"] as const;
const unknown = words.filter((word) => word.startsWith("--") && !flags.some((flag) => flag === word));
if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: the flags are ${flags.join(", ")}`);
const isSet = (flag: (typeof flags)[number]): boolean => words.includes(flag);
const wanted = words.filter((word) => !word.startsWith("--"));

const scenarios: readonly Scenario[] = [
  ...registryScenarios,
  ...clusterScenarios,
  ...admissionScenarios,
  ...severalPolicyScenarios,
  ...reportScenarios,
  ...outageScenarios,
  ...besideScenarios,
  ...gateScenarios,
  ...replicaScenarios,
  ...chartScenarios,
  ...installedScenarios,
  ...zeroToDeniedScenarios,
  ...flagScenarios,
  ...mayAskScenarios,
  ...privateSigstoreScenarios,
  ...logScenarios,
  ...proofScenarios,
  ...keyServiceScenarios,
  ...amazonScenarios,
  ...nodeScenarios,
  ...listScenarios,
  ...proxyScenarios,
  ...doorScenarios,
  ...goneScenarios,
  ...readOnlyScenarios,
  ...trustScenarios,
  ...kyvernoScenarios,
  ...offlineScenarios,
  ...snapshotScenarios,
  ...crossingScenarios,
  ...crossingFaultScenarios,
  ...archiveScenarios,
]
  .filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  .filter(({ name, needs }) => !isSet("--cluster") || needs.includes("api-server") || name.startsWith("chart: "))
  .filter(({ needs }) => isSet("--with-kyverno") || !needs.includes("kyverno-controller"));

type Result = "passed" | "failed" | "skipped";

async function runScenario({ name, needs, run }: Scenario): Promise<Result> {
  const missing = needs.map(obtain).flatMap((one) => ("missing" in one ? [one.missing] : []));
  if (missing.length > 0) {
    console.log(`skip ${name}\n     ${missing.join("\n     ")}`);
    return "skipped";
  }
  const stage = new Stage();
  const main = `${root}/dist/sallyport.mjs`;
  try {
    await run({
      stage,
      program: (component) => {
        const found = obtain(component);
        if (!needs.includes(component) || "missing" in found) throw new Error(`${name} does not name ${component}`);
        return found.path;
      },
      main,
      sallyport: (given, env) => stage.run(process.execPath, [main, ...given], { env: env ?? {} }),
    });
    console.log(`ok   ${name}`);
    return "passed";
  } catch (error) {
    console.log(`FAIL ${name}\n     ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return "failed";
  } finally {
    await stage.end();
  }
}

async function runAll(): Promise<void> {
  await buildDist(root);
  const results = new Map<string, Result>();
  for (const scenario of scenarios) results.set(scenario.name, await runScenario(scenario));
  const namesOf = (wantedResult: Result): readonly string[] =>
    [...results].flatMap(([name, result]) => (result === wantedResult ? [name] : []));
  const [passed, failed, skipped] = [namesOf("passed"), namesOf("failed"), namesOf("skipped")];
  // A run is long: what did not pass is said again at its end.
  console.log("");
  for (const name of failed) console.log(`failed: ${name}`);
  for (const name of skipped) console.log(`skipped: ${name}`);
  const skips = skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
  console.log(`${passed.length} passed, ${failed.length} failed${skips}`);
  if (failed.length > 0 || (isSet("--require-all") && skipped.length > 0)) process.exitCode = 1;
}

if (scenarios.length === 0) {
  console.log("no scenario has such a name");
  process.exitCode = 1;
} else if (isSet("--list")) {
  for (const { name, needs } of scenarios) console.log(`${name}\n     ${needs.join(", ")}`);
} else await runAll();
