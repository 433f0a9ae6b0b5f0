/**
 * What `npm run soak -- --cluster` runs: the soak with the policy in a real API server, which gets Events and policy
 * reports of what is decided. Without its programs it is skipped, and says so.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillSigned } from "../../scripts/bench/admission-images.ts";
import { images } from "../../scripts/bench/admission-warm.ts";
import { inspectedAt } from "../../scripts/bench/collected-memory.ts";
import { editedPolicy } from "../../scripts/bench/soak-reviews.ts";
import { buildDist } from "../../scripts/build.ts";
import { soak, type SoakResult, tellSoak } from "../../scripts/soak.ts";
import { administrator, object, startApiServer } from "./api-server.ts";
import { type Component, toolsFolder } from "./components.ts";
import { until } from "./kyverno-controller.ts";
import { freePort, Stage } from "./processes.ts";
import type { Tools } from "./scenario.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const main = join(root, "dist/sallyport.mjs");
const needs: readonly Component[] = ["api-server", "kubectl"];
const write = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(stage: Stage, minutes: number): Promise<SoakResult> {
  const tools: Tools = {
    stage,
    main,
    program: (component) => join(toolsFolder, component),
    sallyport: (words, env) => stage.run(process.execPath, [main, ...words], { env: env ?? {} }),
  };
  const cluster = await startApiServer(tools);
  cluster.config("gate", administrator, { namespace: "sallyport" });
  const definitions = join(root, "deploy/manifests/crds.yaml");
  await cluster.kubectl(["apply", "--server-side", "-f", definitions]);
  const established = ["--kubeconfig", "administrator.conf", "wait", "--for=condition=Established", "crd", "--all"];
  const isThere = async (): Promise<boolean> => (await stage.run(tools.program("kubectl"), established)).exit === 0;
  await until("the definitions are there", isThere);
  for (const name of ["sallyport", "shop"])
    await cluster.kubectl(["apply", "-f", "-"], object("Namespace", [undefined, name]));
  const { policy } = fillSigned(join(stage.folder, "mirror"), images);
  const edit = async (skips: boolean): Promise<void> =>
    void (await cluster.kubectl(["apply", "-f", "-"], editedPolicy(policy, skips)));
  await edit(false);
  const [port, health] = [await freePort(), await freePort()];
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    store: "mirror",
    listeners: [
      { address: `127.0.0.1:${port}`, serves: ["admission"], tls: { from: "cluster" } },
      { address: `127.0.0.1:${health}`, serves: ["health"] },
    ],
    policies: { cluster: true },
    cluster: { kubeconfig: "gate.conf" },
    webhooks: { write: true, url: `https://127.0.0.1:${port}` },
    admission: { events: true, reports: "wgpolicyk8s.io/v1alpha2" },
    log: { level: "error" },
  };
  stage.write("serve.yaml", JSON.stringify(config));
  const ready = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok;
  const inspector = await freePort();
  const words = [inspectedAt(inspector), main, "serve", "--config", "serve.yaml"];
  const { pid, kill } = await stage.serve(process.execPath, words, ready);
  // Another certificate, by the same authority.
  const renew = async (): Promise<void> => kill("SIGHUP");
  return soak({ port, pid, inspector, edit, renew }, minutes * 60_000, write);
}

const missing = needs.filter((one) => !existsSync(join(toolsFolder, one)));
if (missing.length > 0) write(`1 skipped: ${missing.join(", ")}: npm run e2e builds them`);
else {
  const minutes = Number(process.argv[2]);
  await buildDist(root);
  const stage = new Stage();
  try {
    process.exitCode = tellSoak(minutes, await run(stage, minutes), write) ? 0 : 1;
  } finally {
    await stage.end();
  }
}
