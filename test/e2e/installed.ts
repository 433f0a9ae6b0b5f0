/**
 * A release from its installation to its end: Helm installs it in a real API server, `serve` runs by what it installed,
 * the test that Helm has for it passes, and uninstalling leaves the definitions and nothing else. No kubelet runs, so
 * that the commands of the test's Pod and of the Job that takes the webhooks away are run here, as they stand in the
 * release.
 */
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { parseAllDocuments } from "yaml";
import { image, policyText } from "../support/fixture-policies.ts";
import { type ApiServer, object, startApiServer } from "./api-server.ts";
import { until } from "./processes.ts";
import { exits, succeeds } from "./registry-actions.ts";
import { gateConfig, renderRelease, type Rendered, serveRelease, tryPod, untilSaid } from "./releases.ts";
import type { Scenario, Tools } from "./scenario.ts";

const chart = fileURLToPath(new URL("../../deploy/chart", import.meta.url));
const layout = fileURLToPath(new URL("../fixtures/documentation/layout", import.meta.url));

const values = {
  image: { repository: "sallyport" },
  replicas: 1,
  crds: { install: true },
  config: { policies: { cluster: true } },
  tls: { from: "cluster" },
  mirror: { existingClaim: "mirror" },
  networkPolicy: { enabled: false },
};

interface Found {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
  };
}

/** Everything that an API server keeps but Events, which it forgets by itself, by kind and name. */
async function everything({ kubectl }: ApiServer): Promise<ReadonlyMap<string, Found>> {
  const listed = (await kubectl(["api-resources", "--verbs=list", "-o", "name"])).out.split("\n");
  const kinds = listed.filter((name) => name !== "" && !/^events(?:\.|$)|^componentstatuses$/.test(name));
  const { items } = JSON.parse((await kubectl(["get", kinds.join(","), "-A", "-o", "json"])).out) as {
    readonly items: readonly Found[];
  };
  return new Map(items.map((one) => [`${one.kind} ${one.metadata.namespace ?? ""}/${one.metadata.name}`, one]));
}

/** A release of the chart in the namespace `sallyport`, its hooks, and what there was before it. */
async function install(tools: Tools) {
  const { stage, program } = tools;
  exits(0, await tools.sallyport(["mirror", "add", layout, "--complete=repository", "--store", "mirror"]));
  const cluster = await startApiServer(tools);
  const { kubectl } = cluster;
  for (const name of ["sallyport", "shop"]) await kubectl(["apply", "-f", "-"], object("Namespace", [undefined, name]));
  // What an API server makes for itself comes in its first seconds.
  await until("the roles of the API server", async () =>
    (await everything(cluster)).has("ClusterRoleBinding /cluster-admin"),
  );
  const before = await everything(cluster);
  const helm = (words: readonly string[], input = "") =>
    stage.run(program("helm"), [...words, "--namespace", "sallyport", "--kubeconfig", "administrator.conf"], {
      input,
      env: { HELM_CACHE_HOME: stage.folder, HELM_CONFIG_HOME: stage.folder, HELM_DATA_HOME: stage.folder },
    });
  succeeds(await helm(["install", "sallyport", chart, "--values", "-"], JSON.stringify(values)));
  await kubectl(["wait", "--for=condition=Established", "crd", "clusterpolicies.kyverno.io"]);
  const hooks = parseAllDocuments(succeeds(await helm(["get", "hooks", "sallyport"])).out).map(
    (one) => one.toJS() as Rendered,
  );
  const hook = (kind: string): Rendered => {
    const found = hooks.find((one) => one.kind === kind);
    assert.ok(found !== undefined, kind);
    return found as Rendered;
  };
  await gateConfig(cluster);
  return { cluster, before, helm, hook, release: await renderRelease(tools, values) };
}

const installed: Scenario = {
  name: "chart: a release is installed, passes Helm's test, and leaves the definitions alone when it is uninstalled",
  needs: ["helm", "api-server", "kubectl"],
  async run(tools) {
    const { stage } = tools;
    const { cluster, before, helm, hook, release } = await install(tools);
    const { kubectl } = cluster;

    // Its test, before there is anything by which it could decide, and after.
    const { port } = await serveRelease(tools, release, { isUseful: false });
    const [{ command = [], args = [], env = [] } = {}] = hook("Pod").spec?.containers ?? [];
    const [name = "", ...words] = [...command, ...args];
    assert.is(name, "node");
    const url = env.find((one) => one.name === "URL")?.value ?? "";
    assert.is(url, "https://sallyport.sallyport.svc:443/validate/fail");
    const test = () =>
      stage.run(process.execPath, words, {
        env: { URL: url.replace("sallyport.sallyport.svc:443", `127.0.0.1:${port}`) },
      });
    exits(1, await test(), /nothing is admitted before the policies/);
    await kubectl(["apply", "-f", "-"], policyText({ name: "check-image" }));
    await until("the test passes", async () => (await test()).exit === 0);
    await untilSaid(tools, image("unsigned"), /\[no-signature\]/);
    succeeds(await tryPod(tools, "signed", image("signed")));
    // The Pod of the test is admitted by the gate that it tests; nobody runs it here.
    const tested = await helm(["test", "sallyport", "--timeout", "3s"]);
    assert.is.not(tested.exit, 0);
    const phase = ["-n", "sallyport", "get", "pod", "sallyport-test", "-o", "jsonpath={.status.phase}"];
    assert.is((await kubectl(phase)).out, "Pending");
    await kubectl(["-n", "sallyport", "delete", "pod", "sallyport-test", "--force"]);

    // Helm would wait for the Job that takes the webhooks away; its command is run here.
    const job = hook("Job").spec?.template?.spec;
    assert.match(String(job?.serviceAccountName), /^sallyport$/);
    const [{ args: taking = [] } = {}] = job?.containers ?? [];
    exits(0, await tools.sallyport(taking, { KUBECONFIG: "gate.conf" }));
    succeeds(await helm(["uninstall", "sallyport", "--no-hooks"]));
    // The server that runs a while longer writes nothing again.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    const after = await everything(cluster);
    const ofDefinitions = ["CustomResourceDefinition", "APIService"];
    const left = [...after].filter(([key, { kind }]) => !before.has(key) && !ofDefinitions.includes(kind));
    // A collector, which no API server runs by itself, removes what belonged to the service account.
    const isOwned = ([, { metadata }]: (typeof left)[number]): boolean =>
      (metadata.ownerReferences ?? []).some(({ kind, name: of }) => kind === "ServiceAccount" && of === "sallyport");
    const keysOf = (found: typeof left): string =>
      found
        .map(([key]) => key)
        .sort()
        .join("\n");
    assert.not.ok(after.has("ServiceAccount sallyport/sallyport"));
    const others = keysOf(left.filter((one) => !isOwned(one)));
    assert.is(others, "ClusterPolicy /check-image", others);
    assert.is(
      keysOf(left.filter(isOwned)),
      [
        "ConfigMap sallyport/sallyport-break-glass",
        "Lease sallyport/sallyport",
        "Secret sallyport/sallyport-authority",
      ].join("\n"),
    );
    const definitions = [...after.keys()].filter(
      (key) => key.startsWith("CustomResourceDefinition") && !before.has(key),
    );
    assert.ok(definitions.length > 0);
    assert.ok(
      definitions.every((key) => /kyverno\.io$|wgpolicyk8s\.io$|openreports\.io$/.test(key)),
      `${definitions}`,
    );
    succeeds(await tryPod(tools, "unsigned", image("unsigned")));
    await stage.stopServers();
  },
};

const unread: Scenario = {
  name: "chart: a release whose readers are all gone is uninstalled, and locks nobody out",
  needs: ["helm", "api-server", "kubectl"],
  async run(tools) {
    const { stage, program } = tools;
    const { cluster, before, helm, hook, release } = await install(tools);
    const { kubectl } = cluster;
    await kubectl(["apply", "-f", "-"], policyText({ name: "check-image" }));
    const { kill } = await serveRelease(tools, release);
    await untilSaid(tools, image("unsigned"), /\[no-signature\]/);
    kill("SIGKILL");
    // Nobody answers, and the failure policy is Fail.
    await untilSaid(tools, image("signed"), /failed calling webhook/);

    // Helm makes the Job and waits for it: it is no Pod of a reader, and still it is not held back.
    const waited = await helm(["uninstall", "sallyport", "--timeout", "3s"]);
    assert.is.not(waited.exit, 0);
    assert.not.match(`${waited.out}${waited.err}`, "failed calling webhook");
    const get = (...words: string[]) =>
      stage.run(program("kubectl"), ["--kubeconfig", "administrator.conf", "-n", "sallyport", "get", ...words]);
    succeeds(await get("job", "sallyport-uninstall"));
    const { metadata = {}, spec } = hook("Job").spec?.template ?? {};
    const ofJob = object("Pod", ["sallyport", "sallyport-uninstall-x"], { spec }, metadata);
    const create = ["--kubeconfig", "administrator.conf", "create", "--dry-run=server", "-f", "-"];
    succeeds(await stage.run(program("kubectl"), create, { input: JSON.stringify(ofJob) }));
    const stranger = object("Pod", ["sallyport", "stranger"], { spec });
    const held = await stage.run(program("kubectl"), create, { input: JSON.stringify(stranger) });
    assert.match(held.err, "failed calling webhook");

    // No controller runs it here.
    exits(0, await tools.sallyport(spec?.containers[0]?.args ?? [], { KUBECONFIG: "gate.conf" }));
    for (const kind of [
      "validatingwebhookconfiguration/sallyport-validate",
      "mutatingwebhookconfiguration/sallyport-mutate",
    ])
      assert.match((await get(kind)).err, "NotFound");
    await until("Pods are admitted", async () => (await tryPod(tools, "unsigned", image("unsigned"))).exit === 0);
    await kubectl(["-n", "sallyport", "delete", "job", "sallyport-uninstall"]);
    succeeds(await helm(["uninstall", "sallyport", "--no-hooks"]));
    const after = await everything(cluster);
    const left = [...after.keys()].filter(
      (key) => !before.has(key) && !/^(?:CustomResourceDefinition|APIService) /.test(key),
    );
    assert.equal(left.sort(), [
      "ClusterPolicy /check-image",
      "ConfigMap sallyport/sallyport-break-glass",
      "Lease sallyport/sallyport",
      "Secret sallyport/sallyport-authority",
    ]);
    await stage.stopServers();
  },
};

export const installedScenarios: readonly Scenario[] = [installed, unread];
