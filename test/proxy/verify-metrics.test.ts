import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "../../proxy/metrics.ts";

const test = suite("proxy/verify-metrics");

test("verdicts with the code that came first, durations, and decisions that were remembered", async () => {
  const { admission, render } = createMetrics("1");
  const lines = async (): Promise<readonly string[]> =>
    (await render()).split("\n").filter((line) => /^sallyport_(?:verify|cache)_/.test(line));
  assert.ok((await lines()).includes("sallyport_verify_duration_seconds_count 0"));
  const proven = [{ status: "pass", failures: [] }] as const;
  const mixed = [
    { status: "fail", failures: [{ code: "wrong-key" }, { code: "no-signature" }] },
    { status: "error", failures: [{ code: "not-in-mirror" }] },
    { status: "warn", failures: [{ code: "no-signature" }] },
    { status: "skip", failures: [] },
  ] as const;
  admission.decided(proven, 0.0002);
  admission.decided(proven, 0.0003);
  admission.decided(proven, 60);
  admission.decided(mixed, 0.7);
  // That no rule is about a resource is nothing that was remembered.
  const none: Parameters<typeof admission.decided>[0] = [];
  admission.decided(none, 0.0001);
  admission.decided(none, 0.0001);
  for (const line of [
    'sallyport_verify_total{verdict="proven",code=""} 3',
    'sallyport_verify_total{verdict="refuted",code="wrong-key"} 1',
    'sallyport_verify_total{verdict="refuted",code="no-signature"} 1',
    'sallyport_verify_total{verdict="unknown",code="not-in-mirror"} 1',
    'sallyport_verify_duration_seconds_bucket{le="0.0001"} 2',
    'sallyport_verify_duration_seconds_bucket{le="0.0005"} 4',
    'sallyport_verify_duration_seconds_bucket{le="0.5"} 4',
    'sallyport_verify_duration_seconds_bucket{le="1"} 5',
    'sallyport_verify_duration_seconds_bucket{le="30"} 5',
    'sallyport_verify_duration_seconds_bucket{le="+Inf"} 6',
    "sallyport_verify_duration_seconds_count 6",
    "sallyport_cache_hits_total 2",
  ])
    assert.ok((await lines()).includes(line), `${line} in\n${(await lines()).join("\n")}`);
  assert.ok((await lines()).some((line) => /^sallyport_verify_duration_seconds_sum 60\.70/.test(line)));
  assert.is((await lines()).filter((line) => line.includes("verify_total")).length, 4);
});

test.run();
