/**
 * A real API server gets Events and policy reports of what `serve` decides, and gives it the roles of users. It has no
 * more rights than the chart gives it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { image, policyText } from "../support/fixture-policies.ts";
import { isReady } from "./admission.ts";
import { listOf, object, pod, startApiServer } from "./api-server.ts";
import { freePort, type Outcome } from "./processes.ts";
import { exits, says, succeeds } from "./registry-actions.ts";
import type { Scenario } from "./scenario.ts";

const layout = fileURLToPath(new URL("../fixtures/documentation/layout", import.meta.url));
const definitions = fileURLToPath(new URL("../../deploy/manifests/crds.yaml", import.meta.url));
const enforce = "validationFailureAction: Enforce";
const policies = {
  strict: policyText({ name: "check-image" }),
  lenient: policyText({
    name: "lenient",
    spec: `${enforce}\nfailurePolicy: Ignore`,
    references: '["registry.example/*"]',
  }),
  roles: policyText({
    name: "administrators",
    spec: `${enforce}\nbackground: false`,
    match: "any: [{ resources: { kinds: [Pod] }, clusterRoles: [cluster-admin] }]",
    references: '["roles.example/*"]',
  }),
};

const rule = (apiGroups: readonly string[], resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups,
  resources,
  verbs,
});
const rights = [
  rule(["kyverno.io"], ["clusterpolicies", "policies", "policyexceptions"], ["list", "watch"]),
  rule([""], ["namespaces"], ["get", "list", "watch"]),
  rule(["rbac.authorization.k8s.io"], ["rolebindings", "clusterrolebindings"], ["list", "watch"]),
  rule(["events.k8s.io"], ["events"], ["create"]),
  rule(["wgpolicyk8s.io"], ["policyreports", "clusterpolicyreports"], ["create", "patch"]),
];
const rbac = "rbac.authorization.k8s.io";
const bound = (user: string, role: string) => ({
  apiVersion: `${rbac}/v1`,
  kind: "ClusterRoleBinding",
  metadata: { name: `${user}-${role}` },
  roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
  subjects: [{ apiGroup: rbac, kind: "User", name: user }],
});

interface Found {
  readonly metadata: { readonly name: string; readonly ownerReferences?: readonly object[] };
  readonly summary?: object;
  readonly reason?: string;
  readonly action?: string;
  readonly regarding?: { readonly kind: string; readonly name: string };
}

const reports: Scenario = {
  name: "admission: an API server gets Events and policy reports, and says the roles of users",
  needs: ["api-server", "kubectl"],
  async run(tools) {
    const { stage, program, main } = tools;
    exits(0, await tools.sallyport(["mirror", "add", layout, "--complete=repository", "--store", "mirror"]));
    for (const [name, text] of Object.entries(policies)) stage.write(`policy-${name}.yaml`, text);
    const cluster = await startApiServer(tools, { users: ["sallyport", "dev"] });
    const { kubectl } = cluster;
    await kubectl(["apply", "--server-side", "-f", definitions]);
    // A definition has no conditions at first, which kubectl takes for a fault.
    const established = ["--kubeconfig", "administrator.conf", "wait", "--for=condition=Established", "crd", "--all"];
    await until(async () => (await stage.run(program("kubectl"), established)).exit === 0);
    const role = { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: "sallyport" }, rules: rights };
    // Nobody runs here who would put the rights of others together into the role edit.
    const ofPods = { ...role, metadata: { name: "pods" }, rules: [rule([""], ["pods"], ["create"])] };
    const bindings = [bound("sallyport", "sallyport"), bound("dev", "pods")];
    await kubectl(["apply", "-f", "-"], listOf(object("Namespace", [undefined, "shop"]), role, ofPods, ...bindings));
    for (const name of Object.keys(policies))
      await kubectl(["apply", "-f", "-"], readFileSync(join(stage.folder, `policy-${name}.yaml`), "utf8"));

    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const config = {
      apiVersion: "sallyport.dev/v1alpha1",
      kind: "Config",
      store: "mirror",
      listeners: [{ address: `127.0.0.1:${port}`, serves: ["admission", "health"], tls: { from: "own" } }],
      policies: { cluster: true },
      cluster: { kubeconfig: cluster.config("sallyport", { token: "sallyport" }) },
      admission: { events: true, reports: "wgpolicyk8s.io/v1alpha2" },
    };
    stage.write("serve.yaml", JSON.stringify(config));
    const printing = { ...config, cluster: {}, admission: {}, policies: { folders: [] as string[] } };
    printing.policies.folders = Object.keys(policies).map((name) => `policy-${name}.yaml`);
    stage.write("print.yaml", JSON.stringify(printing));
    const authority = join(stage.folder, "mirror/tls/ca.pem");
    const answers = (): Promise<boolean> =>
      existsSync(authority) ? isReady(url, readFileSync(authority, "utf8")) : Promise.resolve(false);
    await stage.serve(process.execPath, [main, "serve", "--config", "serve.yaml"], answers);
    const printed = await tools.sallyport(["serve", "print-webhooks", "--config", "print.yaml", "--url", url]);
    exits(0, printed);
    await kubectl(["apply", "-f", "-"], printed.out);
    cluster.config("dev", { token: "dev" });
    const create = (who: string, name: string, of: string): Promise<Outcome> =>
      stage.run(program("kubectl"), ["--kubeconfig", `${who}.conf`, "create", "-f", "-"], {
        input: JSON.stringify(pod("shop", name, of)),
      });
    const listed = async (...path: readonly string[]): Promise<readonly Found[]> =>
      (JSON.parse((await kubectl(["get", ...path, "-o", "json"])).out) as { readonly items: readonly Found[] }).items;

    // A denial is an Event about the policy. The API server takes a moment to know its webhooks.
    await until(async () => (await create("administrator", "unsigned", image("unsigned"))).exit !== 0);
    await until(async () =>
      (await listed("-n", "default", "events.events.k8s.io")).some(
        ({ reason, action, regarding }) =>
          reason === "PolicyViolation" && action === "Resource Blocked" && regarding?.name === "check-image",
      ),
    );

    // What passes and what nobody can decide have a report of their own, which the Pod owns.
    succeeds(await create("administrator", "signed", image("signed")));
    succeeds(await create("administrator", "other", "registry.example/never/seen:1"));
    const summaryOf = async (name: string): Promise<string> => {
      const own = (await listed("-n", "shop", "policyreports")).find(({ metadata }) =>
        JSON.stringify(metadata.ownerReferences).includes(`"name":"${name}"`),
      );
      return JSON.stringify(own?.summary);
    };
    await until(async () => (await summaryOf("signed")) === '{"error":0,"fail":0,"pass":1,"skip":0,"warn":0}');
    await until(async () => (await summaryOf("other")) === '{"error":1,"fail":0,"pass":0,"skip":0,"warn":0}');
    await until(async () =>
      (await listed("-n", "shop", "events.events.k8s.io")).some(
        ({ reason, regarding }) => reason === "PolicyError" && regarding?.name === "other",
      ),
    );

    // Roles: the group of the administrator is bound to cluster-admin; the other user is not.
    const ofAdministrator = await create("administrator", "by-role", "roles.example/app:1");
    assert.is(ofAdministrator.exit, 1, says(ofAdministrator));
    assert.match(says(ofAdministrator).replaceAll(/\s+/g, " "), /administrators: verify:/);
    succeeds(await create("dev", "by-role", "roles.example/app:1"));
    await kubectl(["apply", "-f", "-"], bound("dev", "cluster-admin"));
    await until(async () => (await create("dev", `later-${Date.now()}`, "roles.example/app:1")).exit !== 0);
    await stage.stopServers();
  },
};

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let times = 0; times < 150; times++) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.unreachable(`not so after a while: ${what.toString()}`);
}

export const reportScenarios: readonly Scenario[] = [reports];
