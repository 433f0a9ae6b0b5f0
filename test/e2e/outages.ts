/**
 * The table that Kyverno's documentation promises, by a real API server: under `failurePolicy: Ignore` a registry that
 * is offline blocks no Pod. Beside real Kyverno, where that is asked for.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import * as assert from "uvu/assert";
import {
  type FailingRegistry,
  isCodeIn,
  type Outage,
  outageImages,
  outagePolicies,
  outageText,
  serveOutages,
} from "../support/outages.ts";
import { isReady } from "./admission.ts";
import { administrator, type ApiServer, pod, startApiServer } from "./api-server.ts";
import { defineKyverno, startKyverno, until } from "./kyverno-controller.ts";
import { freePort } from "./processes.ts";
import { exits, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

const lenient = "validationFailureAction: Enforce\nfailurePolicy: Ignore";

interface Answer {
  readonly status: number;
  /** Of a refusal. */
  readonly message: string;
  readonly warnings: readonly string[];
}

interface Row {
  readonly outage: Outage;
  readonly by: string;
  readonly name: string;
  readonly image: string;
  readonly answer: Answer;
}

/** How many Pods are made at the same time. */
const atOnce = 6;

async function create({ url, agent }: ApiServer, made: ReturnType<typeof pod>, query = ""): Promise<Answer> {
  const place = `${url}/api/v1/namespaces/${String(made.metadata.namespace)}/pods`;
  const { statusCode, headers, body } = await request(`${place}${query}`, {
    method: "POST",
    dispatcher: agent,
    headers: { authorization: `Bearer ${String(administrator.token)}`, "content-type": "application/json" },
    body: JSON.stringify(made),
  });
  const { message } = (await body.json()) as { readonly message?: string };
  const warnings = [headers.warning ?? []].flat().flatMap((text) => text.split(/, (?=299 )/));
  return { status: statusCode, message: message ?? "", warnings };
}

/** Makes a Pod with each image, in one of the namespaces, once the API server asks. */
async function createAll(
  cluster: ApiServer,
  registries: readonly FailingRegistry[],
  namespace: string,
): Promise<readonly Row[]> {
  await guards(cluster, registries, namespace);
  const wanted = registries.flatMap(({ outage, host }, place) =>
    outageImages(outage, host).map(({ by, image }) => ({ outage, by, image, name: `row-${place}-${by}` })),
  );
  const rows: Row[] = [];
  const queue = [...wanted];
  const work = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift())
      rows.push({ ...one, answer: await create(cluster, pod(namespace, one.name, one.image)) });
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return wanted.flatMap(({ name }) => rows.filter((row) => row.name === name));
}

/** The API server takes a moment to know its webhooks: until it denies an image that cannot be admitted. */
async function guards(cluster: ApiServer, registries: readonly FailingRegistry[], namespace: string): Promise<void> {
  const healthy = registries.find(({ outage }) => outage.what === "nothing")?.host ?? "";
  for (let times = 0; times < 300; times++) {
    const tried = await create(cluster, pod(namespace, "try", `${healthy}/app:unsigned`), "?dryRun=All");
    if (tried.status >= 400) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the API server never asked the webhook");
}

/** `serve` in mode online, and its webhooks. */
async function serveOurs(tools: Tools, cluster: ApiServer, hosts: readonly string[]): Promise<void> {
  const { stage, main } = tools;
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    mode: "online",
    store: "mirror",
    listeners: [{ address: `127.0.0.1:${port}`, serves: ["admission", "health"], tls: { from: "own" } }],
    policies: { folders: ["lenient.yaml"] },
    upstreams: hosts.map((host) => ({ host })),
  };
  stage.write("lenient.yaml", outagePolicies("lenient", hosts, lenient));
  stage.write("serve.yaml", JSON.stringify(config));
  const authority = (): string => readFileSync(join(stage.folder, "mirror/tls/ca.pem"), "utf8");
  await stage.serve(process.execPath, [main, "serve", "--config", "serve.yaml"], async () => isReady(url, authority()));
  const printed = await tools.sallyport(["serve", "print-webhooks", "--config", "serve.yaml", "--url", url]);
  exits(0, printed);
  await cluster.kubectl(["apply", "-f", "-"], printed.out);
}

/** Which Pods are on the re-check list. */
async function recheckList(tools: Tools): Promise<ReadonlySet<string>> {
  const { out } = succeeds(await tools.sallyport(["mirror", "recheck", "--store", "mirror", "-o", "json"]));
  const { entries } = JSON.parse(out) as { readonly entries: readonly { readonly resource: string }[] };
  return new Set(entries.map(({ resource }) => resource));
}

async function judgeOurs(
  tools: Tools,
  cluster: ApiServer,
  registries: readonly FailingRegistry[],
): Promise<readonly Row[]> {
  await cluster.kubectl(["create", "namespace", "outages"]);
  await serveOurs(
    tools,
    cluster,
    registries.map(({ host }) => host),
  );
  return createAll(cluster, registries, "outages");
}

const table: Scenario = {
  name: "outages: under Ignore an API server admits what nobody can decide, with one warning, for the re-check list",
  needs: ["api-server", "kubectl"],
  async run(tools) {
    const registries = await serveOutages();
    try {
      const rows = await judgeOurs(tools, await startApiServer(tools), registries);
      const listed = await recheckList(tools);
      for (const { outage, name, answer } of rows) {
        const said = `${outageText(outage)} ${name}\n${JSON.stringify(answer, null, 2)}`;
        const { admitted, code } = outage;
        assert.is(answer.status < 300, admitted, said);
        assert.is(answer.warnings.length, admitted && code !== undefined ? 1 : 0, said);
        if (code !== undefined) assert.ok(isCodeIn(admitted ? (answer.warnings[0] ?? "") : answer.message, code), said);
        assert.is(listed.has(`Pod/outages/${name}`), admitted && code !== undefined, said);
      }
      assert.ok(rows.length > 40);
    } finally {
      await Promise.all(registries.map(({ close }) => close()));
    }
  },
};

/** For a person: what became of the Pod, and why. */
function outcomeText({ status, message, warnings }: Answer): string {
  const [warning] = warnings;
  const codes = /\[([a-z-]+)\]/.exec(status < 300 ? (warning ?? "") : message)?.[1];
  const why = codes ?? (status < 300 ? "" : message.replaceAll(/\s+/g, " ").slice(-90));
  return `${status < 300 ? "admitted" : "denied"}${why === "" ? "" : `: ${why}`}`;
}

const beside: Scenario = {
  name: "outages: the same table, decided by real Kyverno and by serve",
  needs: ["api-server", "kubectl", "kyverno-controller"],
  async run(tools) {
    const { stage, program } = tools;
    const registries = await serveOutages();
    try {
      const cluster = await startApiServer(tools);
      const ours = await judgeOurs(tools, cluster, registries);
      const webhooks = "mutatingwebhookconfigurations,validatingwebhookconfigurations";
      await cluster.kubectl(["delete", webhooks, "--all"]);
      await cluster.kubectl(["create", "namespace", "beside"]);
      const hosts = registries.map(({ host }) => host);
      // Else it fetches trusted roots from Sigstore's own address.
      const alone = '$1rekor: { ignoreTlog: true, url: "http://127.0.0.1:1" }\n$1ctlog: { ignoreSCT: true }';
      const policies = outagePolicies("lenient", hosts, lenient).replaceAll(
        /( +)rekor: \{ ignoreTlog: true \}/g,
        alone,
      );
      await defineKyverno(tools, cluster);
      await startKyverno(tools);
      // Its webhook for policies answers a moment after it is ready.
      stage.write("policies.yaml", policies);
      const apply = ["--kubeconfig", "administrator.conf", "apply", "-f", "policies.yaml"];
      await until("its policies are taken", async () => (await stage.run(program("kubectl"), apply)).exit === 0);
      const theirs = await createAll(cluster, registries, "beside");
      assert.is(theirs.length, ours.length);
      console.log("     signed image, failurePolicy: Ignore | by | serve | Kyverno 1.19");
      for (const [index, { outage, by, answer }] of ours.entries()) {
        const other = theirs[index]?.answer ?? { status: 0, message: "", warnings: [] };
        console.log(`     ${[outageText(outage), by, outcomeText(answer), outcomeText(other)].join(" | ")}`);
      }
      // Healthy images are admitted by both; what Kyverno does in outages is only shown.
      for (const { outage, answer } of theirs)
        if (outage.what === "nothing") assert.is(answer.status, 201, JSON.stringify(answer));
      for (const { outage, answer } of ours) assert.is(answer.status < 300, outage.admitted, outageText(outage));
    } finally {
      await Promise.all(registries.map(({ close }) => close()));
    }
  },
};

export const outageScenarios: readonly Scenario[] = [table, beside];
