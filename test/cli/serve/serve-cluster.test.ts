/** `serve --cluster`: policies of an API server, watched while reviews are decided. */
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { parseYaml } from "../../../core/kyverno/policy/yaml.ts";
import { reviewOf } from "../../support/admission.ts";
import { kubeconfigOf } from "../../support/api-server.ts";
import { type ClusterServer, serveCluster } from "../../support/cluster-server.ts";
import { fixtureText } from "../../support/fixture-images.ts";
import { image, pod, policyText } from "../../support/fixture-policies.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli } from "../command-io.ts";
import { head, type Running, serving, statusOf, unready } from "../serving.ts";

const test = suite("cli/serve/serve-cluster");

const layout = fileURLToPath(new URL("../../fixtures/documentation/layout", import.meta.url));
const store = tempFolder();
const now = "2026-11-26T12:00:00Z";
const serves = "admission, health, metrics";
const kinds = {
  clusterpolicies: "ClusterPolicy",
  policies: "Policy",
  policyexceptions: "PolicyException",
  namespaces: "Namespace",
  leases: "Lease",
  configmaps: "ConfigMap",
  secrets: "Secret",
  mutatingwebhookconfigurations: "MutatingWebhookConfiguration",
  validatingwebhookconfigurations: "ValidatingWebhookConfiguration",
};
const objectOf = (text: string) => parseYaml(text, "policy", { limits: defaultLimits })[0]?.value as unknown as object;
const strict = objectOf(policyText({ name: "strict" }));
/** Every image, so that what is not signed is denied whatever its name. */
const ofOthers = objectOf(policyText({ name: "strict", references: '["registry.example/*"]' }));
const broken = { ...strict, spec: { rules: "none" } };

interface Answer {
  readonly allowed: boolean;
  readonly message: string;
  readonly warnings: readonly string[];
}

async function review(url: string, path: string, object: JsonObject): Promise<Answer> {
  const response = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(reviewOf(object)) });
  assert.is(response.status, 200);
  const { response: answer } = (await response.json()) as {
    readonly response: { allowed: boolean; status?: { message: string }; warnings?: readonly string[] };
  };
  return { allowed: answer.allowed, message: answer.status?.message ?? "", warnings: answer.warnings ?? [] };
}

const judge = (url: string, tag: string) => review(url, "/mutate/fail", pod(image(tag)));

async function inCluster(
  act: (running: Running & { readonly url: string; readonly served: ClusterServer }) => Promise<void>,
  {
    begin,
    resources = kinds,
    more = "",
    tls = "",
    rest = "",
    what = serves,
  }: {
    readonly begin?: (served: ClusterServer) => void;
    readonly resources?: Readonly<Record<string, string>>;
    readonly more?: string;
    readonly tls?: string;
    readonly rest?: string;
    readonly what?: string;
  } = {},
): Promise<void> {
  const served = await serveCluster(resources);
  begin?.(served);
  try {
    const files = {
      "sallyport.yaml":
        `${head}store: ${store}\nlisteners: [{ address: "127.0.0.1:0", serves: [${what}]${tls} }]\n` +
        `policies: { cluster: true${more} }\n` +
        `cluster: { kubeconfig: admin.conf }\n${rest}`,
      "admin.conf": kubeconfigOf(served.url),
    };
    const { exit, err } = await serving(
      ["--config", "sallyport.yaml"],
      (running) => act({ ...running, served, url: running.urls[0] ?? "" }),
      { now, files },
    );
    assert.is(exit, 0, err);
  } finally {
    await served.close();
  }
}

test.before(async () => {
  const { exit, err } = await runCli(["mirror", "add", layout, "--complete=repository", "--store", store], { now });
  assert.is(exit, 0, err);
});

const loaded = "the configuration was loaded again";

test("a policy of the cluster decides; its changes count without a restart", () =>
  inCluster(
    async ({ url, served, logged }) => {
      await logged(loaded);
      assert.ok((await judge(url, "signed")).allowed);
      assert.match((await judge(url, "unsigned")).message, /resource Pod\/shop\/web was blocked/);
      assert.equal(await unready(url), []);
      served.put("clusterpolicies", ofOthers);
      await logged(loaded, 2);
      // At the start it may be loaded twice: policies and exceptions come one after the other.
      if (!(await judge(url, "unsigned")).allowed) await logged(loaded, 3);
      assert.ok((await judge(url, "unsigned")).allowed);
    },
    { begin: (served) => void served.put("clusterpolicies", strict) },
  ));

test("a key in a Secret of the cluster counts for a review and at the door, soon after it was made", async () => {
  const byReference = policyText({
    name: "strict",
    entries: ["- keys:\n              publicKeys: k8s://apps/release\n              rekor: { ignoreTlog: true }"],
  });
  const secret = { metadata: { name: "release", namespace: "apps" }, data: { "cosign.pub": "" } };
  const [org = "", name = ""] = image("")
    .replace(/:$/, "")
    .split(/\/(.*)/s);
  const pull = (url: string, tag: string) => statusOf(`${url}/v2/${name}/manifests/${tag}?ns=${org}`);
  await inCluster(
    async ({ url, served, logged }) => {
      await logged(loaded);
      assert.match((await judge(url, "signed")).message, /k8s:\/\/apps\/release/);
      assert.is(await pull(url, "signed"), 503);
      const pem = fixtureText("trust/release.pub");
      served.put("secrets", { ...secret, data: { "cosign.pub": Buffer.from(pem).toString("base64") } });
      // That there was none is remembered for a moment, by whoever asked.
      for (let times = 0; times < 100 && (await pull(url, "signed")) !== 200; times++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.is(await pull(url, "signed"), 200);
      assert.is(await pull(url, "unsigned"), 403);
      assert.ok((await judge(url, "signed")).allowed);
    },
    {
      begin: (served) => void served.put("clusterpolicies", objectOf(byReference)),
      what: `${serves}, registry`,
      rest: "proxy: { admit: policies }\n",
    },
  );
});

test("before the policies are loaded it is not ready, and every review is denied", () =>
  inCluster(
    async ({ url, served, logged }) => {
      for (const path of ["/mutate/fail", "/validate/ignore"]) {
        const { allowed, message } = await review(url, path, pod(image("signed")));
        assert.not(allowed);
        assert.match(message, /^\[[a-z-]+\] nothing is admitted before the policies of the cluster are loaded: /);
      }
      const ready = await fetch(`${url}/readyz`);
      assert.is(ready.status, 503);
      await ready.arrayBuffer();
      served.instead = undefined;
      await logged(loaded);
      assert.is((await fetch(`${url}/readyz`)).status, 200);
      assert.ok((await judge(url, "signed")).allowed);
    },
    {
      begin: (served) => {
        served.put("clusterpolicies", strict);
        served.instead = () => ({ status: 403, body: {} });
      },
    },
  ));

test("what does not load, and the loss of every policy, change nothing and are said", () =>
  inCluster(
    async ({ url, served, logged, lines }) => {
      await logged(loaded);
      served.put("clusterpolicies", broken);
      await logged("a policy of the cluster does not load: the one before stays in force");
      assert.not((await judge(url, "unsigned")).allowed);
      assert.equal(await unready(url), ["cluster policies invalid-policy"]);
      assert.match(await (await fetch(`${url}/metrics`)).text(), /sallyport_cluster_policies_not_loaded 1/);
      served.remove("clusterpolicies", "strict");
      await logged("the new configuration is wrong: the old one stays in force");
      const told = lines().findLast(({ msg }) => msg === "the new configuration is wrong: the old one stays in force");
      assert.match(String(told?.error ?? ""), /no policy that verifies images/);
      assert.not((await judge(url, "unsigned")).allowed);
      assert.ok((await unready(url)).includes("configuration invalid-config"));
    },
    { begin: (served) => void served.put("clusterpolicies", strict) },
  ));

test("a denial by an earlier version of a policy says so, and why the one that was applied does not load", () => {
  // Audit needs mutateDigest: false.
  const audit = objectOf(policyText({ name: "strict", spec: "validationFailureAction: Audit" }));
  return inCluster(
    async ({ url, served, logged }) => {
      await logged(loaded);
      assert.equal((await judge(url, "unsigned")).warnings, []);
      served.put("clusterpolicies", audit);
      await logged("a policy of the cluster does not load: the one before stays in force");
      const { allowed, warnings } = await judge(url, "unsigned");
      assert.not(allowed);
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0] ?? "",
        /^policy strict: an earlier version decided, since this one does not load: spec\.\S+mutateDigest: must be set/,
      );
      assert.equal((await judge(url, "signed")).warnings, []);
      assert.match(await (await fetch(`${url}/readyz`)).text(), /the one before stays: spec\.\S+mutateDigest: must be/);
      served.put("clusterpolicies", strict);
      await logged(loaded, 3);
      assert.equal((await judge(url, "unsigned")).warnings, []);
    },
    { begin: (served) => void served.put("clusterpolicies", strict) },
  );
});

test("without the API server it goes on with what is there, and says so", () =>
  inCluster(
    async ({ url, served, logged }) => {
      await logged(loaded);
      served.instead = () => ({ status: 403, body: {} });
      served.cut();
      while (!(await unready(url)).includes("cluster access-denied"))
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.not((await judge(url, "unsigned")).allowed);
      assert.ok((await judge(url, "signed")).allowed);
    },
    { begin: (served) => void served.put("clusterpolicies", strict) },
  ));

test("exceptions count where the configuration says so, and namespaces are as the cluster has them", () =>
  inCluster(
    async ({ url, served, logged, lines }) => {
      await logged(loaded);
      assert.not((await judge(url, "unsigned")).allowed);
      const exception = (namespace: string) => ({
        apiVersion: "kyverno.io/v2",
        kind: "PolicyException",
        metadata: { name: "web", namespace },
        spec: {
          exceptions: [{ policyName: "strict", ruleNames: ["*"] }],
          match: { any: [{ resources: { kinds: ["Pod"], namespaces: ["shop"] } }] },
        },
      });
      served.put("policyexceptions", exception("shop"));
      served.put("policyexceptions", exception("delta"));
      await logged(loaded, 2);
      assert.ok((await judge(url, "unsigned")).allowed);
      const notCounted =
        "exceptions of the cluster do not count: policies.exceptionNamespaces does not list their namespaces";
      const told = () => lines().filter(({ msg }) => msg === notCounted);
      assert.equal(
        told().map(({ exceptions, count }) => ({ exceptions, count })),
        [{ exceptions: ["PolicyException/shop/web"], count: 1 }],
      );
      served.remove("policyexceptions", "web", "delta");
      await logged(loaded, 3);
      assert.not((await judge(url, "unsigned")).allowed);
      assert.is(told().length, 1, "it is said once");
    },
    {
      begin: (served) => void served.put("clusterpolicies", strict),
      more: ", exceptionNamespaces: [delta]",
    },
  ));

test("a namespace's labels are those of the cluster; one that is not watched yet is asked for", () =>
  inCluster(
    async ({ url, served, logged }) => {
      await logged(loaded);
      assert.match((await judge(url, "unsigned")).message, /blocked/);
      served.put("namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "shop", labels: { a: "no" } },
      });
      while (!(await judge(url, "unsigned")).allowed) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    {
      begin: (served) => {
        served.put("namespaces", {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: "shop", labels: { a: "yes" } },
        });
        served.put(
          "clusterpolicies",
          objectOf(
            policyText({
              name: "strict",
              match: "any: [{ resources: { kinds: [Pod], namespaceSelector: { matchLabels: { a: 'yes' } } } }]",
            }),
          ),
        );
      },
    },
  ));

test("it writes the webhook configurations of its policies, and again what others change", () =>
  inCluster(
    async ({ served, logged, lines }) => {
      await logged("the webhook configurations were written");
      const found = served.find("validatingwebhookconfigurations", "sallyport-validate") as unknown as {
        webhooks: { name: string; clientConfig: { url: string; caBundle: string }; namespaceSelector: object }[];
      };
      const [first] = found.webhooks;
      assert.is(first?.clientConfig.url, "https://gate.corp/validate/fail");
      assert.match(Buffer.from(first?.clientConfig.caBundle ?? "", "base64").toString(), /BEGIN CERTIFICATE/);
      assert.match(JSON.stringify(first?.namespaceSelector), '"values":["kube-system"]');
      assert.equal(lines().find(({ msg }) => msg === "the webhook configurations were written")?.exempt, [
        "namespace kube-system",
        "Pods, and what makes them, in namespace apps with the labels app=gate",
      ]);
      served.put(
        "clusterpolicies",
        objectOf(policyText({ name: "lenient", spec: "validationFailureAction: Enforce\nfailurePolicy: Ignore" })),
      );
      await logged("the webhook configurations were written", 2);
      assert.match(JSON.stringify(served.all("mutatingwebhookconfigurations")), "mutate.sallyport.svc-ignore");
    },
    {
      begin: (served) => void served.put("clusterpolicies", strict),
      tls: ", tls: { from: own }",
      rest:
        "webhooks:\n  write: true\n  url: https://gate.corp\n  exemptNamespaces: [kube-system]\n" +
        "  ownLabels: [app=gate]\n",
    },
  ));

const bound = { rolebindings: "RoleBinding", clusterrolebindings: "ClusterRoleBinding" };
const ofRole = objectOf(
  policyText({
    name: "strict",
    spec: "validationFailureAction: Enforce\nbackground: false",
    match: "any: [{ resources: { kinds: [Pod] }, clusterRoles: [deployer] }]",
  }),
);
const binding = (user: string): object => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "deployers" },
  roleRef: { kind: "ClusterRole", name: "deployer" },
  subjects: [{ kind: "User", name: user }],
});

test("roles are those of the cluster's bindings; where those cannot be read, nothing is admitted", async () => {
  const settled = async (ask: () => Promise<{ allowed: boolean }>, wanted: boolean): Promise<void> => {
    for (let times = 0; times < 400 && (await ask()).allowed !== wanted; times++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.is((await ask()).allowed, wanted);
  };
  await inCluster(
    async ({ url, served, logged }) => {
      await logged(loaded);
      await settled(() => judge(url, "unsigned"), true);
      served.put("clusterrolebindings", binding("alice"));
      await settled(() => judge(url, "unsigned"), false);
      served.put("clusterrolebindings", binding("bob"));
      await settled(() => judge(url, "unsigned"), true);
    },
    { begin: (served) => void served.put("clusterpolicies", ofRole), resources: { ...kinds, ...bound } },
  );
  await inCluster(
    async ({ url, logged }) => {
      await logged(loaded);
      const { allowed, message } = await judge(url, "signed");
      assert.not(allowed);
      assert.match(message, /policies select by roles/);
      assert.ok(
        (await review(url, "/mutate/ignore", pod(image("signed")))).allowed,
        "no policy of this path reads roles",
      );
    },
    { begin: (served) => void served.put("clusterpolicies", ofRole) },
  );
});

test("its certificate's authority is in a Secret, and the API server is told it", () =>
  inCluster(
    async ({ served, logged }) => {
      await logged("the webhook configurations were written");
      const { data } = served.find("secrets", "sallyport-authority", "apps") as unknown as {
        data: Record<string, string>;
      };
      assert.equal(Object.keys(data).sort(), ["authority-1.pem", "ca.pem"]);
      const text = JSON.stringify(served.find("mutatingwebhookconfigurations", "sallyport-mutate"));
      assert.ok(text.includes(`"caBundle":"${data["ca.pem"]}"`));
    },
    {
      begin: (served) => void served.put("clusterpolicies", strict),
      tls: ", tls: { from: cluster }",
      rest: "webhooks: { write: true, url: 'https://gate.corp' }\n",
    },
  ));

test.run();
