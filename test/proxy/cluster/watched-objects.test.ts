import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { WatchedObjects, type WatchedOptions } from "../../../proxy/cluster/watched-objects.ts";
import { openStub, stubTime } from "../../support/api-server.ts";
import { throwsCode } from "../../support/assert.ts";
import { key as publicKey } from "../../support/fixture-policies.ts";
import { serveCluster } from "../../support/cluster-server.ts";

const test = suite("proxy/cluster/watched-objects");

const namespace = (name: string) => ({
  kind: "cluster" as const,
  verb: "get" as const,
  apiVersion: "v1",
  resource: "namespaces",
  name,
});
const configMap = { ...namespace("keys"), resource: "configmaps", namespace: "apps" };
const key = (reference: string) => ({ kind: "key" as const, reference });

test("namespaces and what policies name are known as they are now; the rest stays a question", async () => {
  const served = await serveCluster({ namespaces: "Namespace", configmaps: "ConfigMap", secrets: "Secret" });
  const meta = { name: "keys", namespace: "apps" };
  served.put("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps", labels: { a: "1" } } });
  served.put("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: meta, data: { k: "1" } });
  const data = { "cosign.pub": Buffer.from(publicKey("a", 0)).toString("base64") };
  served.put("secrets", { apiVersion: "v1", kind: "Secret", metadata: meta, data });
  served.put("secrets", { apiVersion: "v1", kind: "Secret", metadata: { ...meta, name: "empty" } });
  const cluster = openStub(served);
  const objects = new WatchedObjects({
    cluster,
    limits: defaultLimits,
    now: () => new Date(stubTime),
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    failed: (error) => {
      throw error;
    },
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => setTimeout(resolve, 2));
  };
  try {
    assert.is(objects.answer(configMap), undefined);
    const left = objects.want([
      [
        { resource: "configmaps", namespace: "apps", name: "keys" },
        { resource: "secrets", namespace: "apps", name: "keys" },
      ],
      [
        { resource: "secrets", namespace: "apps", name: "keys" },
        { resource: "secrets", namespace: "apps", name: "empty" },
      ],
    ]);
    assert.is(left, 0);
    await until(() => objects.answer(namespace("apps")) !== undefined && served.watches() === 4);
    const known = objects.answer(namespace("apps"));
    assert.equal([known?.at, known?.from], [stubTime, `the API server ${served.url}`]);
    assert.is(objects.answer(namespace("shop")), undefined, "it may have been made a moment ago");
    const found = objects.answer(key("k8s://apps/keys"));
    assert.match(found?.state === "present" ? String(found.value) : "", /BEGIN PUBLIC KEY/);
    throwsCode("no-key", () => objects.answer(key("k8s://apps/empty")));
    assert.is(objects.answer(key("k8s://apps/other")), undefined);
    assert.is(objects.answer({ kind: "tag", repository: "ghcr.io/a", tag: "1" }), undefined);

    const before = objects.state().version;
    served.put("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: meta, data: { k: "2" } });
    await until(() => JSON.stringify(objects.answer(configMap)).includes('"k":"2"'));
    assert.is.not(objects.state().version, before);
    assert.is(objects.state(), objects.state(), "who joins sources looks for another object");

    objects.want([]);
    assert.is(objects.answer(configMap), undefined);
    await until(() => served.watches() === 1);
  } finally {
    await objects.close();
    await cluster.close();
    await served.close();
  }
});

test("a policy that names very many objects takes none from others, and who is not watched is counted", async () => {
  const watched: string[] = [];
  const inform = ({ at, name }: { readonly at: { readonly namespace?: string }; readonly name?: string }) => {
    if (name !== undefined) watched.push(`${at.namespace}/${name}`);
    return { state: {}, get: () => undefined, run: () => Promise.resolve() };
  };
  const cluster = { inform, server: () => "" } as unknown as WatchedOptions["cluster"];
  const limits = limitsWith({ watchedObjectsOfPolicy: 3, watchedObjects: 5 });
  const objects = new WatchedObjects({
    cluster,
    limits,
    now: () => new Date(stubTime),
    failed: (error) => assert.unreachable(String(error)),
  });
  const named = (namespace: string, count: number) =>
    Array.from({ length: count }, (_, place) => ({ resource: "secrets" as const, namespace, name: `s${place}` }));
  assert.is(objects.want([named("greedy", 40), named("modest", 1), named("modest", 2)]), 40 + 2 - 5);
  assert.equal(watched.toSorted(), ["greedy/s0", "greedy/s1", "greedy/s2", "modest/s0", "modest/s1"]);
  assert.is(objects.want([named("greedy", 40), named("a", 3), named("b", 3)]), 46 - 5);
  assert.equal(watched.slice(5).toSorted(), ["a/s0", "a/s1", "b/s0"]);
  await objects.close();
});

test.run();
