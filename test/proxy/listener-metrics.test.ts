import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "../../proxy/metrics.ts";

const test = suite("proxy/listener-metrics");

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
