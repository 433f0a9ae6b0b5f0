import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openStub } from "../../../support/api-server.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { serveCluster } from "../../../support/cluster-server.ts";

const test = suite("proxy/upstream/cluster/write-objects");
const { signal } = new AbortController();
const place = { apiVersion: "v1", resource: "configmaps", namespace: "apps" };
const at = { ...place, name: "a" };
const object = (data: Record<string, string | null>, more: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "apps", ...more },
  data,
});

test("an object is made once, changed by who knows how it is, and removed where it is what it was", async () => {
  const served = await serveCluster({ configmaps: "ConfigMap" });
  const cluster = openStub(served);
  const { write } = cluster;
  try {
    const made = await write.create(place, object({ x: "1" }), signal);
    assert.is(made.state, "done");
    const { resourceVersion, uid } = (made.state === "done" ? made.object.metadata : {}) as Record<string, string>;
    assert.equal(await write.create(place, object({}), signal), {
      state: "conflict",
      why: 'configmaps "a" already exists',
    });
    const version = { resourceVersion: String(resourceVersion) };
    assert.is((await write.update(at, object({ x: "2" }, version), signal)).state, "done");
    assert.is((await write.update(at, object({ x: "3" }, version), signal)).state, "conflict");
    assert.is((await write.merge(at, { data: { x: null, y: "4" } }, signal)).state, "done");
    assert.equal(served.find("configmaps", "a", "apps")?.data, { y: "4" });
    assert.is((await write.remove(at, signal, version)).state, "conflict");
    assert.is((await write.remove(at, signal, { uid: String(uid) })).state, "done");
    assert.equal(await write.remove(at, signal), { state: "absent" });
    assert.equal(await write.merge(at, {}, signal), { state: "absent" });
    assert.is((await write.apply(at, object({ z: "5" }), signal)).state, "done");
    assert.equal(served.find("configmaps", "a", "apps")?.data, { z: "5" });
    assert.is(JSON.stringify(await cluster.read(at, signal)), JSON.stringify(served.find("configmaps", "a", "apps")));
  } finally {
    await cluster.close();
    await served.close();
  }
});

test("what failed without an answer is not sent again; what the server refused unread is", async () => {
  const served = await serveCluster({ configmaps: "ConfigMap" });
  const cluster = openStub(served);
  let count = 0;
  try {
    served.instead = () => {
      count += 1;
      return count === 1 ? { status: 429, body: {} } : undefined;
    };
    assert.is((await cluster.write.create(place, object({}), signal)).state, "done");
    assert.is(count, 2);
    count = 0;
    served.instead = () => {
      count += 1;
      return "cut";
    };
    await rejectsCode("unreachable", () => cluster.write.merge(at, { data: {} }, signal));
    assert.is(count, 1);
  } finally {
    await cluster.close();
    await served.close();
  }
});

test("who may not write is told what was tried, and what the server finds wrong is said", async () => {
  const served = await serveCluster({ configmaps: "ConfigMap" });
  const cluster = openStub(served);
  const status = (code: number, message: string) => ({
    status: code,
    body: { kind: "Status", apiVersion: "v1", code, message },
  });
  try {
    served.instead = () => status(403, "no");
    const refused = await rejectsCode("access-denied", () => cluster.write.apply(at, object({}), signal));
    assert.match(refused.message, "may not patch configmaps a in namespace apps (403): no");
    served.instead = () => status(422, "data: Invalid value");
    const wrong = await rejectsCode("upstream-error", () => cluster.write.create(place, object({}), signal));
    assert.match(wrong.message, "answered 422: data: Invalid value");
  } finally {
    await cluster.close();
    await served.close();
  }
});

test.run();
