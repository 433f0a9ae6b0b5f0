import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "../../proxy/metrics.ts";

const test = suite("proxy/listener-metrics");

test("requests that differ in one label are counted apart, however they follow on one another", async () => {
  const { request, render } = createMetrics("1");
  const usual = { listener: "a", method: "GET", route: "registry", code: "200" };
  const all = [usual, { ...usual, listener: "b" }, { ...usual, method: "POST" }, { ...usual, route: "tuf" }];
  for (const labels of [...all, { ...usual, code: "404" }]) {
    request(usual, 0.02);
    request(labels, 0.02);
  }
  const lines = (await render()).split("\n").filter((line) => line.startsWith("sallyport_http_requests_total{"));
  const counts = lines.map((line) => Number(line.split("} ")[1]));
  assert.equal(counts, [6, 1, 1, 1, 1]);
});

test("requests do not wait for a reader of the metrics without bound", () => {
  const metrics = createMetrics("1");
  let counted = 0;
  const total = metrics.registry.getSingleMetric("sallyport_http_requests_total") as unknown as {
    inc: (labels: object, count: number) => void;
  };
  total.inc = (_, some) => {
    counted += some;
  };
  for (let made = 0; made < 256; made++)
    metrics.request({ listener: "a", method: "GET", route: "registry", code: "200" }, 0.02);
  assert.is(counted, 256);
});

test("a listener that comes back like the last one that was counted is counted anew", async () => {
  const metrics = createMetrics("1");
  const labels = { listener: "a", method: "GET", route: "registry", code: "200" };
  metrics.listeners(["a"]);
  metrics.request(labels, 0.02);
  metrics.listeners([]);
  metrics.listeners(["a"]);
  metrics.request(labels, 0.02);
  const line = 'sallyport_http_requests_total{listener="a",method="GET",route="registry",code="200"} 1';
  assert.ok((await metrics.render()).split("\n").includes(line));
});

test("a listener that is gone takes all that was counted of it along", async () => {
  const metrics = createMetrics("1");
  const count = (listener: string): void => {
    metrics.request({ listener, method: "GET", route: "registry", code: "200" }, 0.02);
    metrics.request({ listener, method: "GET", route: "registry", code: "404" }, 0.02);
    metrics.connections(listener, 3);
    metrics.refused({ listener, reason: "login" });
    metrics.refused({ listener, reason: "load" });
    metrics.certificateExpires(listener, new Date(3000));
  };
  const linesOf = async (listener: string): Promise<number> =>
    (await metrics.render()).split("\n").filter((line) => line.includes(`listener="${listener}"`)).length;
  metrics.listeners(["a", "b"]);
  count("a");
  count("b");
  const all = await linesOf("b");
  // Requests by two codes, ten buckets and three sums of their times, connections, two reasons, and a certificate.
  assert.equal([await linesOf("a"), all], [19, 19]);
  // A request that was not counted yet goes, too.
  metrics.request({ listener: "a", method: "GET", route: "registry", code: "500" }, 0.02);
  metrics.listeners(["b", "c"]);
  assert.equal([await linesOf("a"), await linesOf("b")], [0, all]);
  count("a");
  count("c");
  assert.equal([await linesOf("a"), await linesOf("c")], [0, all]);
  metrics.listeners(["a"]);
  count("a");
  assert.equal([await linesOf("a"), await linesOf("b"), await linesOf("c")], [all, 0, 0]);
});

test.run();
