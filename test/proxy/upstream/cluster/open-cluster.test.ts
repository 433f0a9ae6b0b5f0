import { generateKeyPairSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ClusterQuestion } from "../../../../core/knowledge/question.ts";
import type { Cluster, ClusterOptions, ResourceSelection } from "../../../../proxy/upstream/cluster/open-cluster.ts";
import {
  type ApiStub,
  openStub,
  type StubServer,
  serveApi,
  statusBody,
  stubTime as at,
} from "../../../support/api-server.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { ecKey, pemOf } from "../../../support/kms.ts";

const test = suite("proxy/upstream/cluster/open-cluster");
const { signal } = new AbortController();

async function opened(
  stubs: Record<string, ApiStub>,
  use: (cluster: Cluster, served: StubServer) => Promise<void>,
  options: Partial<ClusterOptions> = {},
): Promise<void> {
  const served = await serveApi(stubs);
  const cluster = openStub(served, options);
  try {
    await use(cluster, served);
  } finally {
    await cluster.close();
    await served.close();
  }
}
const question = (more: Partial<ClusterQuestion>): ClusterQuestion => ({
  kind: "cluster",
  verb: "get",
  apiVersion: "v1",
  resource: "configmaps",
  ...more,
});
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("get, list and raw: present or absent", async () => {
  const map = { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "keys" }, data: { a: "b" } };
  const entries = { kind: "PolicyList", apiVersion: "wgpolicyk8s.io/v1", items: [{ metadata: { name: "x" } }] };
  await opened(
    {
      "/api/v1/namespaces/apps/configmaps/keys": map,
      "/apis/wgpolicyk8s.io/v1/policies": entries,
      "/version": { major: "1" },
    },
    async ({ cluster }, served) => {
      assert.is(cluster.from(question({})), "the cluster");
      const from = `the API server ${served.url}`;
      const get = question({ namespace: "apps", name: "keys" });
      assert.equal(plain(await cluster.ask(get, signal)), { state: "present", value: map, at, from });
      assert.is(cluster.from(get), from);
      const none = question({ namespace: "apps", name: "none" });
      assert.equal(await cluster.ask(none, signal), { state: "absent", at, from });
      const list = question({ verb: "list", apiVersion: "wgpolicyk8s.io/v1", resource: "policies" });
      const items = [{ apiVersion: "wgpolicyk8s.io/v1", kind: "Policy", metadata: { name: "x" } }];
      const value = { kind: "PolicyList", apiVersion: "wgpolicyk8s.io/v1", items };
      assert.equal(plain(await cluster.ask(list, signal)), { state: "present", value, at, from });
      assert.is((await cluster.ask({ ...list, resource: "others" }, signal))?.state, "absent");
      const raw = question({ verb: "raw", apiVersion: "", resource: "", path: "/version?a=b" });
      assert.equal(plain(await cluster.ask(raw, signal)), { state: "present", value: { major: "1" }, at, from });
      assert.equal(served.asked(), [
        "GET /api/v1/namespaces/apps/configmaps/keys",
        "GET /api/v1/namespaces/apps/configmaps/none",
        "GET /apis/wgpolicyk8s.io/v1/policies?limit=500",
        "GET /apis/wgpolicyk8s.io/v1/others?limit=500",
        "GET /version?a=b",
      ]);
      await rejectsCode("malformed", () => cluster.ask({ ...raw, path: "/api/../version" }, signal));
      assert.equal(served.asked(), []);
    },
  );
});

test("a list that begins again is one list", async () => {
  let expired = true;
  const page = (name: string, next?: string) => ({
    body: { kind: "ConfigMapList", apiVersion: "v1", metadata: { continue: next }, items: [{ metadata: { name } }] },
  });
  const stub: ApiStub = ({ query }) => {
    if (!query.has("continue")) return page("a", "1");
    if (!expired) return page("b");
    expired = false;
    return { status: 410, body: statusBody(410, "Expired", "too old") };
  };
  await opened({ "/api/v1/configmaps": stub }, async ({ cluster }) => {
    const answer = await cluster.ask(question({ verb: "list" }), signal);
    const { items } = (answer?.state === "present" ? answer.value : {}) as { items: { metadata: { name: string } }[] };
    assert.equal(
      items.map(({ metadata }) => metadata.name),
      ["a", "b"],
    );
  });
});

test("who may not do what", async () => {
  const forbidden: ApiStub = () => ({ status: 403, body: statusBody(403, "Forbidden", "no") });
  await opened(
    { "/apis/apps/v1/namespaces/apps/deployments/a": forbidden, "/api/v1/secrets": forbidden },
    async ({ cluster }) => {
      const get = question({ apiVersion: "apps/v1", resource: "deployments", namespace: "apps", name: "a" });
      const error = await rejectsCode("access-denied", () => cluster.ask(get, signal));
      assert.match(error.message, "user bot of ~/.kube/config may not get deployments.apps a in namespace apps");
      const list = await rejectsCode("access-denied", () =>
        cluster.ask(question({ verb: "list", resource: "secrets" }), signal),
      );
      assert.match(list.message, "may not list secrets (403)");
    },
  );
});

test("a key in a Secret: the public key and nothing else of it", async () => {
  const secret = (text: string, key = "cosign.pub") => ({
    kind: "Secret",
    apiVersion: "v1",
    metadata: { name: "s", annotations: { note: "pr1vate" } },
    data: { [key]: Buffer.from(text).toString("base64"), "cosign.key": "cHIxdmF0ZQ==" },
  });
  const [pem, other] = [pemOf(ecKey()), pemOf(ecKey())];
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const path = (name: string) => `/api/v1/namespaces/keys/secrets/${name}`;
  const stubs = {
    [path("good")]: secret(`pr1vate words\n${pem}`),
    [path("two")]: secret(`${pem}${other}`),
    [path("none")]: secret(pem, "other"),
    [path("private")]: secret(String(privateKey.export({ type: "pkcs8", format: "pem" }))),
    [path("text")]: secret("pr1vate"),
    [path("bare")]: { kind: "Secret" },
    [path("odd")]: { kind: "Secret", data: { "cosign.pub": "?" } },
  };
  await opened(stubs, async ({ key }, served) => {
    const ask = (reference: string) => key.ask({ kind: "key", reference }, signal);
    const from = `the API server ${served.url}`;
    assert.equal(await ask("k8s://keys/good"), { state: "present", value: pem, at, from });
    assert.equal(await ask("k8s://keys/two"), { state: "present", value: `${pem}${other}`, at, from });
    assert.equal(await ask("k8s://keys/missing"), { state: "absent", at, from });
    for (const name of ["none", "private", "text", "bare", "odd"]) {
      const error = await rejectsCode("no-key", () => ask(`k8s://keys/${name}`));
      assert.not.match(`${error.message} ${error.subject}`, /pr1vate|cHIx/);
    }
    served.asked();
    for (const wrong of ["k8s://keys", "k8s://keys/a/b", "k8s:///a", "k8s://../a", "k8s://keys/.."])
      await rejectsCode("malformed", () => ask(wrong));
    for (const elsewhere of ["awskms:///alias/a", "hashivault://a"]) assert.is(await ask(elsewhere), undefined);
    assert.equal(served.asked(), []);
  });
});

test("pull secrets, and those of a service account", async () => {
  const secret = { kind: "Secret", data: { ".dockerconfigjson": "e30=" } };
  const account = { kind: "ServiceAccount", imagePullSecrets: [{ name: "a" }, {}, "x", { name: "b" }] };
  const stubs = {
    "/api/v1/namespaces/apps/secrets/a": secret,
    "/api/v1/namespaces/apps/serviceaccounts/default": account,
    "/api/v1/namespaces/apps/serviceaccounts/bare": { kind: "ServiceAccount" },
  };
  await opened(stubs, async ({ readSecret, pullSecretsOf, namespace }) => {
    assert.is(namespace(), "apps");
    assert.equal(plain(await readSecret("apps", "a", signal)), secret);
    assert.is(await readSecret("apps", "b", signal), undefined);
    assert.equal(await pullSecretsOf("apps", "default", signal), ["a", "b"]);
    for (const name of ["bare", "none"]) assert.equal(await pullSecretsOf("apps", name, signal), []);
  });
});

test("resources that are wanted, in pages, each once", async () => {
  const verbs = ["list"];
  const entry = (resource: string, kind: string, scope = "Namespaced") => ({
    resource,
    responseKind: { kind },
    scope,
    verbs,
  });
  const list = (kind: string, ...names: string[]) => ({
    kind: `${kind}List`,
    apiVersion: "v1",
    items: names.map((name) => ({ metadata: { name, namespace: "apps" } })),
  });
  let expired = true;
  const pods: ApiStub = ({ query }) => {
    if (!query.has("continue")) return { body: { ...list("Pod", "a"), metadata: { continue: "1" } } };
    if (!expired) return { body: list("Pod", "b") };
    expired = false;
    return { status: 410, body: statusBody(410, "Expired", "too old") };
  };
  const stubs: Record<string, ApiStub> = {
    "/api": {
      kind: "APIGroupDiscoveryList",
      items: [
        {
          metadata: {},
          versions: [
            {
              version: "v1",
              resources: [entry("pods", "Pod"), entry("nodes", "Node", "Cluster"), entry("secrets", "Secret")],
            },
          ],
        },
      ],
    },
    "/apis": {
      kind: "APIGroupDiscoveryList",
      items: [
        {
          metadata: { name: "batch" },
          versions: ["v1", "v1beta1"].map((version) => ({ version, resources: [entry("cronjobs", "CronJob")] })),
        },
        { metadata: { name: "gone.example" }, versions: [{ version: "v1", freshness: "Stale" }] },
      ],
    },
    "/api/v1/pods": pods,
    "/api/v1/namespaces/apps/pods": list("Pod", "a"),
    "/api/v1/nodes": list("Node", "n"),
    "/apis/batch/v1/cronjobs": list("CronJob"),
  };
  await opened(stubs, async ({ resources }, served) => {
    const read = async (selection: ResourceSelection) => {
      const got: string[] = [];
      for await (const { resource, items } of resources(selection, signal))
        got.push(`${resource.plural}: ${items.map(({ metadata }) => (metadata as { name: string }).name).join(" ")}`);
      return got;
    };
    const wants: ResourceSelection["wants"] = ({ kind }) => kind !== "Secret";
    const missing: string[] = [];
    const unavailable = (groupVersion: string) => void missing.push(groupVersion);
    assert.equal(await read({ wants, unavailable }), ["pods: a", "pods: b", "nodes: n"]);
    assert.equal(missing, ["gone.example/v1"]);
    assert.equal(served.asked().slice(2), [
      "GET /api/v1/pods?limit=500",
      "GET /api/v1/pods?limit=500&continue=1",
      "GET /api/v1/pods?limit=500",
      "GET /api/v1/pods?limit=500&continue=1",
      "GET /api/v1/nodes?limit=500",
      "GET /apis/batch/v1/cronjobs?limit=500",
    ]);
    assert.equal(await read({ wants: ({ kind }) => kind === "Pod" || kind === "Node", namespace: "apps" }), [
      "pods: a",
    ]);
    // A page is read when it is wanted.
    served.asked();
    for await (const _ of resources({ wants }, signal)) break;
    assert.is(served.asked().length, 3);
  });
});

test("nothing is read or dialled before the first question", async () => {
  await opened({}, async (_, served) => assert.equal(served.asked(), []));
  const broken = openStub({ url: "ftp://x" });
  await rejectsCode("invalid-config", () => broken.cluster.ask(question({ name: "a" }), signal));
  await rejectsCode("invalid-config", async () => broken.namespace());
  await broken.close();
});

test.run();
