/** `serve` tells a cluster of its decisions: Events and policy reports. */
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { applyPatches } from "../../../core/kyverno/outcome/apply-patches.ts";
import { parseYaml } from "../../../core/kyverno/policy/yaml.ts";
import { reviewOf } from "../../support/admission.ts";
import { kubeconfigOf } from "../../support/api-server.ts";
import { type ClusterServer, serveCluster } from "../../support/cluster-server.ts";
import { image, pod, policyText } from "../../support/fixture-policies.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { writtenMirror } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";
import { head, type Running, serving } from "../serving.ts";

const test = suite("cli/serve/open-reporter");

const layout = fileURLToPath(new URL("../../fixtures/documentation/layout", import.meta.url));
const now = "2026-11-26T12:00:00Z";
const resources = {
  clusterpolicies: "ClusterPolicy",
  policies: "Policy",
  policyexceptions: "PolicyException",
  namespaces: "Namespace",
  events: "Event",
  policyreports: "PolicyReport",
};
const objectOf = (text: string) => parseYaml(text, "policy", { limits: defaultLimits })[0]?.value as unknown as object;
const enforce = "validationFailureAction: Enforce";
const strict = objectOf(policyText({ name: "strict" }));
const lenient = objectOf(policyText({ name: "lenient", spec: `${enforce}\nfailurePolicy: Ignore` }));

const configOf = (store: string, admission: string): string =>
  `${head}store: ${store}\nlisteners: [{ address: "127.0.0.1:0", serves: [admission, metrics] }]\n` +
  `policies: { cluster: true }\ncluster: { kubeconfig: admin.conf }\nadmission: { ${admission} }\n`;

async function inCluster(
  policy: object,
  store: string,
  admission: string,
  act: (running: Running & { readonly url: string; readonly served: ClusterServer }) => Promise<void>,
  has: Readonly<Record<string, string>> = resources,
): Promise<void> {
  const served = await serveCluster(has);
  served.put("clusterpolicies", policy);
  try {
    const files = { "sallyport.yaml": configOf(store, admission), "admin.conf": kubeconfigOf(served.url) };
    const { exit, err } = await serving(
      ["--config", "sallyport.yaml"],
      async (running) => {
        await running.logged("the configuration was loaded again");
        await act({ ...running, served, url: running.urls[0] ?? "" });
      },
      { now, files },
    );
    assert.is(exit, 0, err);
  } finally {
    await served.close();
  }
}

/** Through both webhooks of a failure policy; the resource has its id in the second. */
async function admit(url: string, strictness: "fail" | "ignore", tag: string): Promise<boolean> {
  const post = async (path: string, object: JsonObject): Promise<JsonObject | undefined> => {
    const answer = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(reviewOf(object)) });
    const { response } = (await answer.json()) as {
      readonly response: { readonly allowed: boolean; readonly patch?: string };
    };
    const patches = response.patch === undefined ? [] : JSON.parse(Buffer.from(response.patch, "base64").toString());
    return response.allowed ? (applyPatches(object, patches) as JsonObject) : undefined;
  };
  const mutated = await post(`/mutate/${strictness}`, pod(image(tag)));
  if (mutated === undefined) return false;
  const stored = { ...mutated, metadata: { ...(mutated.metadata as object), uid: "id-1" } };
  return (await post(`/validate/${strictness}`, stored)) !== undefined;
}

async function eventually(what: () => boolean, say: () => string): Promise<void> {
  for (let times = 0; times < 2000 && !what(); times++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(what(), say());
}

const withMirror = async (): Promise<string> => {
  const store = tempFolder();
  const { exit, err } = await runCli(["mirror", "add", layout, "--complete=repository", "--store", store], { now });
  assert.is(exit, 0, err);
  return store;
};

const all = "events: true, reports: wgpolicyk8s.io/v1alpha2";

test("a denied Pod is an Event about its policy, and has no report", async () => {
  await inCluster(strict, await withMirror(), all, async ({ url, served }) => {
    assert.not(await admit(url, "fail", "unsigned"));
    await eventually(
      () => served.all("events").length === 1,
      () => JSON.stringify(served.all("events")),
    );
    const [event] = served.all("events");
    assert.equal(
      [event?.reason, event?.action, (event?.regarding as JsonObject | undefined)?.name],
      ["PolicyViolation", "Resource Blocked", "strict"],
    );
    assert.equal(served.all("policyreports"), []);
  });
});

test("a Pod that was let in undecided has a report that says so, and another one after an import", async () => {
  const store = writtenMirror(() => undefined);
  await inCluster(lenient, store, all, async ({ url, served, logged }) => {
    assert.ok(await admit(url, "ignore", "unsigned"));
    const summary = (): unknown => served.find("policyreports", "sallyport-id-1", "shop")?.summary;
    await eventually(
      () => summary() !== undefined,
      () => JSON.stringify(served.all("events")),
    );
    assert.equal(summary(), { error: 1, fail: 0, pass: 0, skip: 0, warn: 0 });
    const added = await runCli(["mirror", "add", layout, "--complete=repository", "--store", store], { now });
    assert.is(added.exit, 0, added.err);
    await logged("an image that was let in undecided is refuted: it may be running");
    await eventually(
      () => JSON.stringify(summary()) === JSON.stringify({ error: 0, fail: 1, pass: 0, skip: 0, warn: 0 }),
      () => JSON.stringify(summary()),
    );
    const reasons = served.all("events").map(({ reason }) => reason);
    assert.ok(reasons.includes("PolicyError") && reasons.includes("PolicyViolation"), JSON.stringify(reasons));
    const text = await (await fetch(`${url}/metrics`)).text();
    assert.match(text, /sallyport_cluster_writes_total\{kind="report",result="written"\} 2/);
  });
});

test("without the settings, or without reports in the cluster, reviews are answered all the same", async () => {
  await inCluster(strict, await withMirror(), "refresh: 5m", async ({ url, served }) => {
    assert.not(await admit(url, "fail", "unsigned"));
    assert.ok(await admit(url, "fail", "signed"));
    assert.equal([served.all("events"), served.all("policyreports")], [[], []]);
  });
  const { policyreports: _, ...has } = resources;
  await inCluster(
    strict,
    await withMirror(),
    all,
    async ({ url, logged }) => {
      assert.ok(await admit(url, "fail", "signed"));
      await logged("policy reports cannot be written to the cluster");
      assert.ok(await admit(url, "fail", "signed"));
    },
    has,
  );
});

test("Events and reports need the cluster's policies", async () => {
  const files = {
    "sallyport.yaml":
      `${head}store: s\npolicies: { folders: [p] }\nadmission: { events: true, reports: openreports.io/v1alpha1 }\n` +
      'listeners: [{ address: "127.0.0.1:0", serves: [admission] }]\n',
    "p/p.yaml": policyText(),
  };
  const { exit, err } = await runCli(["serve", "--config", "sallyport.yaml"], { files });
  assert.is(exit, 2);
  assert.match(err, /events[\s\S]*policies\.cluster: true/);
});

test.run();
