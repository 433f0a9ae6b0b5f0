/**
 * `npm run e2e`: the built program beside the real programs of this field, all on loopback. Words select scenarios by
 * their names. Missing programs are built or fetched; a scenario whose programs cannot be had is skipped and counted,
 * and with `--require-all` that is a failure.
 */
import { fileURLToPath } from "node:url";
import { buildDist } from "../../scripts/build.ts";
import { admissionScenarios } from "./admission.ts";
import { reportScenarios } from "./reports.ts";
import { amazonScenarios } from "./amazon.ts";
import { archiveScenarios } from "./archives.ts";
import { chartScenarios } from "./charts.ts";
import { clusterScenarios } from "./clusters.ts";
import { obtain } from "./components.ts";
import { crossingScenarios } from "./crossing.ts";
import { doorScenarios } from "./door.ts";
import { gateScenarios } from "./gate.ts";
import { goneScenarios } from "./gone.ts";
import { keyServiceScenarios } from "./key-services.ts";
import { kyvernoScenarios } from "./kyverno.ts";
import { logScenarios } from "./logs.ts";
import { listScenarios } from "./lists.ts";
import { nodeScenarios } from "./nodes.ts";
import { Stage } from "./processes.ts";
import { offlineScenarios } from "./offline.ts";
import { proxyScenarios } from "./proxies.ts";
import { readOnlyScenarios } from "./read-only.ts";
import { registryScenarios } from "./registries.ts";
import { snapshotScenarios } from "./snapshots.ts";
import type { Scenario } from "./scenario.ts";
import { trustScenarios } from "./trust.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const words = process.argv.slice(2);
const requireAll = words.includes("--require-all");
const wanted = words.filter((word) => !word.startsWith("--"));
const scenarios: readonly Scenario[] = [
  ...registryScenarios,
  ...clusterScenarios,
  ...admissionScenarios,
  ...reportScenarios,
  ...gateScenarios,
  ...chartScenarios,
  ...logScenarios,
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
  ...archiveScenarios,
].filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));

await buildDist(root);
let [passed, failed, skipped] = [0, 0, 0];
for (const { name, needs, run } of scenarios) {
  const missing = needs.map(obtain).flatMap((one) => ("missing" in one ? [one.missing] : []));
  if (missing.length > 0) {
    skipped += 1;
    console.log(`skip ${name}\n     ${missing.join("\n     ")}`);
    continue;
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
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n     ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  } finally {
    await stage.end();
  }
}
if (scenarios.length === 0) console.log("no scenario has such a name");
console.log(`\n${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
if (failed > 0 || scenarios.length === 0 || (requireAll && skipped > 0)) process.exitCode = 1;
