import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { WatchedObjects } from "../../../proxy/cluster/watched-objects.ts";
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
    objects.want([
      { resource: "configmaps", namespace: "apps", name: "keys" },
      { resource: "secrets", namespace: "apps", name: "keys" },
      { resource: "secrets", namespace: "apps", name: "empty" },
    ]);
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

    objects.want([]);
    assert.is(objects.answer(configMap), undefined);
    await until(() => served.watches() === 1);
  } finally {
    await objects.close();
    await cluster.close();
    await served.close();
  }
});

test.run();
