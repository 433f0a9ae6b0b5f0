/**
 * The gate of a real API server: `serve` reads its policies there and writes its webhooks; policies change under load,
 * the glass is broken and mended, the leader is killed, and everything is taken away again.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { parseAllDocuments } from "yaml";
import { image, policyText } from "../support/fixture-policies.ts";
import { administrator, type ApiServer, listOf, object, pod, startApiServer } from "./api-server.ts";
import { dialledServing } from "./offline.ts";
import { freePort, type Outcome, until } from "./processes.ts";
import { exits, says, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

const layout = fileURLToPath(new URL("../fixtures/documentation/layout", import.meta.url));
const definitions = fileURLToPath(new URL("../../deploy/chart/files/crds", import.meta.url));
const chart = fileURLToPath(new URL("../../deploy/chart", import.meta.url));
const ofChart = [
  "image.repository=sallyport",
  "mirror.existingClaim=mirror",
  "config.policies.cluster=true",
  "tls.from=cluster",
  "networkPolicy.enabled=false",
].flatMap((value) => ["--set", value]);
const enforce = "validationFailureAction: Enforce";

const page = readFileSync(fileURLToPath(new URL("../../docs/guides/locked-out.md", import.meta.url)), "utf8");

/** The words of the page's command that begins like this. */
function ofPage(start: string): readonly string[] {
  const line = page.split("\n").find((one) => one.startsWith(`sallyport ${start}`));
  assert.ok(line !== undefined, `the page has no command sallyport ${start}`);
  return [...(line ?? "").matchAll(/"([^"]*)"|(\S+)/g)].slice(1).map(([, quoted, plain = ""]) => quoted ?? plain);
}

export const policyDefinitions = (): readonly object[] =>
  readdirSync(definitions)
    .filter((name) => /^(?:cluster)?policies\.|^policyexceptions\./.test(name))
    .map((name) => JSON.parse(readFileSync(join(definitions, name), "utf8")) as object);

interface GateSettings {
  readonly port: number;
  /** Where the API server asks; default: the port itself. */
  readonly url?: string;
  /** In place of what it has by itself. */
  readonly changes?: object;
  /** The name of its machine, as a Pod has one. */
  readonly host?: string;
}

/** `serve` in the cluster's service. */
export async function startGate({ stage, main, program }: Tools, name: string, given: GateSettings) {
  const { port, url = `https://127.0.0.1:${port}`, changes = {}, host } = given;
  const listener = { address: `127.0.0.1:${port}`, serves: ["admission"], tls: { from: "cluster" } };
  const health = await freePort();
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    store: "mirror",
    listeners: [listener, { address: `127.0.0.1:${health}`, serves: ["health", "metrics"] }],
    policies: { cluster: true },
    cluster: { kubeconfig: "gate.conf" },
    webhooks: { write: true, url },
    log: { format: "json" },
    ...changes,
  };
  stage.write(`${name}.yaml`, JSON.stringify(config));
  const at = `http://127.0.0.1:${health}`;
  const serve = [process.execPath, main, "serve", "--config", `${name}.yaml`];
  const words = host === undefined ? serve : ["-ru", "sh", "-c", 'hostname "$0" && exec "$@"', host, ...serve];
  const [command = "", ...rest] = host === undefined ? words : [program("unshare"), ...words];
  const process_ = await stage.serve(command, rest, async () => {
    try {
      return (await fetch(`${at}/healthz`)).ok;
    } catch {
      return false;
    }
  });
  const ready = async (): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${at}/readyz`);
    return { status: answer.status, text: await answer.text() };
  };
  return { ready, metrics: async () => (await fetch(`${at}/metrics`)).text(), process: process_ };
}

/** The rights that the chart gives, and a kubeconfig by them: `gate.conf`. */
export async function giveRights({ stage, program }: Tools, cluster: ApiServer): Promise<void> {
  const rights = parseAllDocuments(
    succeeds(await stage.run(program("helm"), ["template", "sallyport", chart, "-n", "sallyport", ...ofChart])).out,
  )
    .map((one) => one.toJS() as { readonly kind: string })
    .filter(({ kind }) => /^(?:Cluster)?Role(?:Binding)?$|^ServiceAccount$/.test(kind));
  await cluster.kubectl(["apply", "-f", "-"], listOf(...rights));
  const token = (await cluster.kubectl(["-n", "sallyport", "create", "token", "sallyport"])).out.trim();
  cluster.config("gate", { token }, { namespace: "sallyport" });
}

const gate: Scenario = {
  name: "gate: policies of the cluster, webhooks that serve writes, break-glass, another leader",
  needs: ["api-server", "kubectl", "helm"],
  async run(tools) {
    const { stage, program } = tools;
    exits(0, await tools.sallyport(["mirror", "add", layout, "--complete=repository", "--store", "mirror"]));
    const cluster = await startApiServer(tools);
    const kubectl = (words: readonly string[], input?: object | string): Promise<Outcome> =>
      stage.run(program("kubectl"), ["--kubeconfig", "administrator.conf", ...words], {
        input: input === undefined ? "" : typeof input === "string" ? input : JSON.stringify(input),
      });
    const sallyport = (...words: readonly string[]) =>
      tools.sallyport([...words, "--kubeconfig", "administrator.conf"]);
    const names = ["sallyport", "shop"].map((name) => object("Namespace", [undefined, name]));
    await cluster.kubectl(["apply", "--server-side", "-f", "-"], listOf(...policyDefinitions(), ...names));
    await cluster.kubectl(["wait", "--for=condition=Established", "crd", "clusterpolicies.kyverno.io"]);

    // With no more rights than the chart gives.
    await giveRights(tools, cluster);

    const first = await startGate(tools, "first", { port: await freePort() });
    const before = await first.ready();
    assert.is(before.status, 503, before.text);
    const webhooks = async (): Promise<string> =>
      (await cluster.kubectl(["get", "mutatingwebhookconfigurations,validatingwebhookconfigurations", "-o", "name"]))
        .out;
    assert.is(await webhooks(), "");

    // A policy comes, and guards.
    const strict = policyText({ name: "check-image" });
    succeeds(await kubectl(["apply", "-f", "-"], strict));
    const tries = (tag: string): Promise<Outcome> =>
      kubectl(["-n", "shop", "create", "--dry-run=server", "-f", "-"], pod("shop", `try-${tag}`, image(tag)));
    const denies = async (): Promise<boolean> => /signature not found/.test(says(await tries("unsigned")));
    await until("an unsigned image is denied", denies);
    succeeds(await tries("signed"));
    assert.is((await first.ready()).status, 200);
    assert.match(await webhooks(), /sallyport-mutate\n.*sallyport-validate/);

    // It is edited while Pods come: each is judged, by one or the other.
    const edits = Array.from({ length: 6 }, (_, index) =>
      policyText({ name: "check-image", spec: `${enforce}\nwebhookTimeoutSeconds: ${10 + index}` }),
    );
    const judged: Outcome[] = [];
    let isEdited = false;
    const load = (async () => {
      while (!isEdited) judged.push(await tries("unsigned"), await tries("signed"));
    })();
    for (const text of edits) {
      succeeds(await kubectl(["apply", "-f", "-"], text));
      // Another certificate, by the same authority.
      first.process.kill("SIGHUP");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    isEdited = true;
    await load;
    for (const [index, outcome] of judged.entries())
      if (index % 2 === 0) assert.match(says(outcome), /signature not found/);
      else succeeds(outcome);
    const timeout = "jsonpath={.webhooks[0].timeoutSeconds}";
    await until(
      "the webhooks have the last policy's timeout",
      async () =>
        (await cluster.kubectl(["get", "validatingwebhookconfiguration", "sallyport-validate", "-o", timeout])).out ===
        "15",
    );

    // What others change comes back.
    await cluster.kubectl(["delete", "validatingwebhookconfiguration", "sallyport-validate"]);
    await until("the webhook is written again", async () => /sallyport-validate/.test(await webhooks()));

    // Whoever may write Policies in one namespace reaches no other, and keeps nobody's changes back.
    const kinds = JSON.stringify(["Pod/*", "/v1/Po?", "apps//Deployment", "Bogus", "Bogu?"]);
    const evil = { kind: "Policy", namespace: "evil", match: `any: [{ resources: { kinds: ${kinds} } }]` };
    await cluster.kubectl(["apply", "-f", "-"], object("Namespace", [undefined, "evil"]));
    succeeds(await kubectl(["apply", "-f", "-"], policyText({ name: "kinds", ...evil })));
    const value = `${"[".repeat(300)}${"]".repeat(300)}`;
    const nested = `preconditions: { all: [{ key: a, operator: Equals, value: ${value} }] }`;
    succeeds(await kubectl(["apply", "-f", "-"], policyText({ name: "deep", ...evil, rule: nested })));
    succeeds(
      await kubectl(
        ["apply", "-f", "-"],
        policyText({ name: "check-image", spec: `${enforce}\nwebhookTimeoutSeconds: 20` }),
      ),
    );
    const hooks = "jsonpath={range .webhooks[*]}{.name} {.timeoutSeconds} {.namespaceSelector}{'\\n'}{end}";
    const written = async (): Promise<string> =>
      (await cluster.kubectl(["get", "validatingwebhookconfiguration", "sallyport-validate", "-o", hooks])).out;
    await until("what the Policy has sent is of its namespace", async () =>
      /^validate\.sallyport\.svc-fail 20 (?:\{\})?\n.*-of-namespaces 20 .*"values":\["evil"\]/.test(await written()),
    );
    assert.ok(await denies());
    await until("the deep one is said", async () =>
      /Policy\/evil\/deep does not load/.test((await first.ready()).text),
    );
    await cluster.kubectl(["-n", "evil", "delete", "policies.kyverno.io", "--all"]);

    // Broken glass: nothing is verified, nothing is written, and everybody hears of it.
    const broken = await sallyport(...ofPage("break-glass --reason"));
    exits(0, broken);
    await until("an unsigned image is admitted", async () => (await tries("unsigned")).exit === 0);
    await until("serve says so", async () => /the glass is broken/.test((await first.ready()).text));
    assert.is(await webhooks(), "");
    const events = await cluster.kubectl(["-n", "sallyport", "get", "events", "-o", "jsonpath={.items[*].message}"]);
    assert.match(events.out, /administrator took the admission webhooks out of force: INC-4711: no Pod starts/);
    assert.match(await first.metrics(), /sallyport_break_glass 1/);
    const status = await sallyport(...ofPage("status"));
    assert.match(says(status), /images are admitted unverified/);
    // What starts meanwhile is named when the glass is whole again.
    succeeds(await kubectl(["create", "-f", "-"], pod("shop", "meanwhile", image("unsigned"))));
    const off = await sallyport(...ofPage("break-glass --off"));
    exits(0, off, /1 Pod was made meanwhile, verified by nobody/);
    assert.ok(off.out.includes("shop/meanwhile of ") && off.out.includes(image("unsigned")), off.out);
    await until("an unsigned image is denied again", denies);

    // The leader dies; another instance takes over, and writes its own address.
    const port = await freePort();
    const second = await startGate(tools, "second", { port });
    await until("the second is ready", async () => (await second.ready()).status === 200);
    first.process.kill("SIGKILL");
    const address = "jsonpath={.webhooks[0].clientConfig.url}";
    await until("the second writes the webhooks", async () =>
      (await cluster.kubectl(["get", "mutatingwebhookconfiguration", "sallyport-mutate", "-o", address])).out.includes(
        `:${port}/`,
      ),
    );
    await until("an unsigned image is denied by the second", denies);

    // The last policy is deleted: it stays in force.
    succeeds(await kubectl(["delete", "clusterpolicy", "check-image"]));
    await until("the loss is said", async () => /no policy that verifies images/.test((await second.ready()).text));
    assert.ok(await denies());

    // Uninstalled: the webhooks go, and do not come back while the server ends.
    exits(0, await tools.sallyport(["break-glass", "--uninstall", "--kubeconfig", "gate.conf"]));
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    assert.is(await webhooks(), "");
    succeeds(await tries("unsigned"));
    await stage.stopServers();
  },
};

const network: Scenario = {
  name: "gate: serve --offline --cluster connects to the API server and to nobody else",
  needs: ["api-server", "kubectl", "strace"],
  async run(tools) {
    exits(0, await tools.sallyport(["mirror", "add", layout, "--complete=repository", "--store", "mirror"]));
    const cluster = await startApiServer(tools);
    cluster.config("gate", administrator, { namespace: "sallyport" });
    await cluster.kubectl(["apply", "--server-side", "-f", "-"], listOf(...policyDefinitions()));
    await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
    await cluster.kubectl(["apply", "-f", "-"], policyText({ name: "check-image" }));
    const words = ["--offline", "--cluster", "--kubeconfig", "gate.conf", "--store", "mirror"];
    const { dialled, statuses } = await dialledServing(tools, words, ["/readyz"]);
    assert.equal(statuses, ["200"]);
    assert.ok(dialled.length > 0);
    const others = dialled.filter((line) => !line.includes(`htons(${cluster.port}), sin_addr=inet_addr("127.0.0.1")`));
    assert.equal(others, []);
  },
};

export const gateScenarios: readonly Scenario[] = [gate, network];
