import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { unjudgedPods } from "../../../proxy/cluster/unjudged-pods.ts";
import { openStub } from "../../support/api-server.ts";
import { rejectsCode } from "../../support/assert.ts";
import { serveCluster } from "../../support/cluster-server.ts";

const test = suite("proxy/cluster/unjudged-pods");
const { signal } = new AbortController();
const since = "2026-11-30T12:00:00Z";

const made = (name: string, creationTimestamp: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "shop", name, creationTimestamp },
  spec: { containers: [{ image: "a:1" }, { image: "a:1" }], ...spec },
});

test("Pods that were made since then are listed with their images; of very many the first, and how many", async () => {
  const served = await serveCluster({ pods: "Pod" });
  const cluster = openStub(served);
  try {
    served.put("pods", made("before", "2026-11-30T11:59:59Z"));
    served.put("pods", made("at-once", since));
    served.put("pods", made("later", "2026-12-01T00:00:00Z", { initContainers: [{ image: "b:1" }] }));
    served.put("pods", { ...made("bare", "2026-12-02T00:00:00Z"), spec: null });
    const found = await unjudgedPods(cluster, since, defaultLimits, signal);
    assert.is(found.count, 3);
    assert.equal(found.pods.map(({ name, images }) => [name, ...images]).toSorted(), [
      ["at-once", "a:1"],
      ["bare"],
      ["later", "b:1", "a:1"],
    ]);
    const first = await unjudgedPods(cluster, since, limitsWith({ unjudgedPods: 1 }), signal);
    assert.equal([first.count, first.pods.length], [3, 1]);
    served.instead = () => ({ status: 403, body: { kind: "Status", code: 403, message: "no" } });
    await rejectsCode("access-denied", () => unjudgedPods(cluster, since, defaultLimits, signal));
  } finally {
    await cluster.close();
    await served.close();
  }
});

test.run();
