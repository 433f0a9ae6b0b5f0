import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "../../proxy/metrics.ts";

const test = suite("proxy/kyverno-metrics");

test("Kyverno's names come with the first review that is counted so, with its labels", async () => {
  const { admission, render } = createMetrics("1");
  const lines = async (): Promise<readonly string[]> =>
    (await render()).split("\n").filter((line) => line.startsWith("kyverno_"));
  assert.equal(await lines(), []);
  const review = { kind: "Pod", namespace: "shop", operation: "CREATE", seconds: 0.002 };
  const result = { policy: "a", background: true, action: "Enforce", rule: "r" } as const;
  admission.asKyverno({ ...review, allowed: true, results: [{ ...result, status: "pass" }] });
  admission.asKyverno({
    ...review,
    allowed: false,
    results: [
      { ...result, status: "pass" },
      { ...result, policy: "b", namespace: "shop", background: false, action: "Audit", status: "fail" },
    ],
  });
  const request = 'resource_kind="Pod",resource_namespace="shop",resource_request_operation="create"';
  const text = (await lines()).join("\n");
  for (const line of [
    `kyverno_admission_requests_total{${request},request_allowed="true"} 1`,
    `kyverno_admission_requests_total{${request},request_allowed="false"} 1`,
    `kyverno_admission_review_duration_seconds_count{${request},request_allowed="true"} 1`,
  ])
    assert.ok(text.includes(line), `${line} in\n${text}`);
  const results = (await lines()).filter((line) => line.startsWith("kyverno_policy_results_total"));
  assert.is(results.length, 2);
  const [cluster = "", own = ""] = results;
  for (const label of ['policy_type="cluster"', 'policy_namespace="-"', 'rule_result="pass"', "} 2"])
    assert.ok(cluster.includes(label), cluster);
  for (const label of [
    'policy_type="namespaced"',
    'policy_namespace="shop"',
    'policy_validation_mode="audit"',
    'policy_background_mode="false"',
    'rule_result="fail"',
    'rule_type="imageVerify"',
    'rule_execution_cause="admission_request"',
  ])
    assert.ok(own.includes(label), own);
});

test("who makes up namespaces does not fill memory", async () => {
  const { admission, render } = createMetrics("1");
  for (let count = 0; count < 10_050; count++)
    admission.asKyverno({
      kind: "Pod",
      namespace: `n${count}`,
      operation: "CREATE",
      seconds: 1,
      allowed: true,
      results: [],
    });
  // A namespace that was counted before goes on.
  admission.asKyverno({ kind: "Pod", namespace: "n0", operation: "CREATE", seconds: 1, allowed: true, results: [] });
  const text = await render();
  assert.is([...text.matchAll(/^kyverno_admission_requests_total\{/gm)].length, 10_000);
  assert.match(text, /^kyverno_admission_requests_total\{.*resource_namespace="n0",.*\} 2$/m);
});

test("nor does who makes up long ones, or one policy after the other", async () => {
  const { admission, render } = createMetrics("1");
  const review = { kind: "Pod", namespace: "shop", operation: "CREATE", seconds: 1, allowed: true };
  const result = { background: true, action: "Enforce", rule: "r", status: "pass" } as const;
  admission.asKyverno({ ...review, results: [] });
  admission.asKyverno({ ...review, namespace: "n".repeat(254), results: [] });
  admission.asKyverno({ ...review, kind: "K".repeat(254), results: [] });
  for (let count = 0; count < 10_050; count++)
    admission.asKyverno({ ...review, results: [{ ...result, policy: `p${count}`, namespace: "shop" }] });
  const text = await render();
  assert.is([...text.matchAll(/^kyverno_admission_requests_total\{/gm)].length, 1);
  assert.is([...text.matchAll(/^kyverno_policy_results_total\{/gm)].length, 10_000);
});

test.run();
