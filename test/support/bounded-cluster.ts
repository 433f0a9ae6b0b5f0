/** What meets the bounds on a cluster's answers and on what is written to it. */
import type { Limits } from "../../core/limits.ts";
import type { Cluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import { openStub, serveApi } from "./api-server.ts";

const { signal } = new AbortController();

async function withCluster(
  stubs: Readonly<Record<string, unknown>>,
  limits: Limits,
  act: (cluster: Cluster) => Promise<unknown>,
): Promise<void> {
  const served = await serveApi(stubs as Parameters<typeof serveApi>[0]);
  const cluster = openStub(served, { limits });
  try {
    await act(cluster);
  } finally {
    await cluster.close();
    await served.close();
  }
}

export const listTwoObjects = (limits: Limits): Promise<void> => {
  const items = ["a", "b"].map((name) => ({ metadata: { name } }));
  const stubs = { "/api/v1/configmaps": { kind: "ConfigMapList", apiVersion: "v1", items } };
  const question = { kind: "cluster", verb: "list", apiVersion: "v1", resource: "configmaps" } as const;
  return withCluster(stubs, limits, ({ cluster }) => cluster.ask(question, signal));
};

export const writeAnObject = (limits: Limits): Promise<void> => {
  const stubs = { "/api/v1/namespaces/a/configmaps/b": { kind: "ConfigMap" } };
  const at = { apiVersion: "v1", resource: "configmaps", namespace: "a", name: "b" };
  return withCluster(stubs, limits, ({ write }) => write.apply(at, { kind: "ConfigMap" }, signal));
};
