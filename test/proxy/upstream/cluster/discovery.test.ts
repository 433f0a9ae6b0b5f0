import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { ApiServer } from "../../../../proxy/upstream/cluster/api-server.ts";
import { discover } from "../../../../proxy/upstream/cluster/discovery.ts";
import { runProgram } from "../../../../proxy/upstream/run-program.ts";
import { type ApiStub, kubeconfigOf, serveApi, stubTime } from "../../../support/api-server.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/cluster/discovery");

async function discovered(stubs: Record<string, ApiStub>) {
  const served = await serveApi(stubs);
  const server = new ApiServer({
    env: { HOME: "/home/bot" },
    files: memoryFiles({ "/home/bot/.kube/config": kubeconfigOf(served.url) }),
    limits: defaultLimits,
    now: () => new Date(stubTime),
    run: runProgram,
    sleep: () => Promise.resolve(),
  });
  try {
    const found = await discover(server, defaultLimits, new AbortController().signal);
    return { ...found, asked: served.asked(), accept: served.calls[0]?.accept ?? "" };
  } finally {
    await server.close();
    await served.close();
  }
}

const pods = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true };
const nodes = { group: "", version: "v1", kind: "Node", plural: "nodes", namespaced: false };
const jobs = { group: "batch", version: "v1", kind: "CronJob", plural: "cronjobs", namespaced: true };
const verbs = ["get", "list"];

test("aggregated: two requests", async () => {
  const kind = "APIGroupDiscoveryList";
  const resource = (plural: string, name: string, scope: string, more = {}) => ({
    resource: plural,
    responseKind: { group: "", version: "v1", kind: name },
    scope,
    verbs,
    ...more,
  });
  const core = {
    metadata: {},
    versions: [
      {
        version: "v1",
        resources: [
          resource("pods", "Pod", "Namespaced", { subresources: [{ subresource: "log" }] }),
          resource("nodes", "Node", "Cluster"),
          resource("bindings", "Binding", "Namespaced", { verbs: ["create"] }),
        ],
      },
    ],
  };
  const groups = [
    {
      metadata: { name: "batch" },
      versions: [{ version: "v1", resources: [resource("cronjobs", "CronJob", "Namespaced")] }],
    },
    { metadata: { name: "metrics.k8s.io" }, versions: [{ version: "v1beta1", freshness: "Stale" }] },
  ];
  const found = await discovered({
    "/api": { kind, items: [core] },
    "/apis": { kind, items: groups },
  });
  assert.equal(found.resources, [pods, nodes, jobs]);
  assert.equal(found.unavailable, ["metrics.k8s.io/v1beta1"]);
  assert.equal(found.asked, ["GET /api", "GET /apis"]);
  assert.match(
    found.accept,
    /^application\/json;g=apidiscovery\.k8s\.io;v=v2;as=APIGroupDiscoveryList,.*,application\/json$/,
  );
});

test("an older server is asked for each group; one that does not answer is named", async () => {
  const of = (...resources: object[]) => ({ kind: "APIResourceList", resources });
  const versions = [{ groupVersion: "batch/v1" }, { groupVersion: "metrics.k8s.io/v1beta1" }];
  const found = await discovered({
    "/api": { kind: "APIVersions", versions: ["v1"] },
    "/apis": { kind: "APIGroupList", groups: [{ name: "batch", versions }] },
    "/api/v1": of(
      { name: "pods", kind: "Pod", namespaced: true, verbs },
      { name: "pods/log", kind: "Pod", namespaced: true, verbs },
      { name: "nodes", kind: "Node", namespaced: false, verbs },
    ),
    "/apis/batch/v1": of({ name: "cronjobs", kind: "CronJob", namespaced: true, verbs }),
    "/apis/metrics.k8s.io/v1beta1": () => ({ status: 503, body: "x", headers: { "content-type": "text/plain" } }),
  });
  assert.equal(found.resources, [pods, nodes, jobs]);
  assert.equal(found.unavailable, ["metrics.k8s.io/v1beta1"]);
});

test("without an answer nothing is known", async () => {
  await rejectsCode("upstream-error", () => discovered({}));
  await rejectsCode("access-denied", () => discovered({ "/api": () => ({ status: 403, body: {} }) }));
});

test.run();
