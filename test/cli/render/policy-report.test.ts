import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ReportedResponse, toPolicyReport } from "../../../cli/render/policy-report.ts";

const test = suite("cli/render/policy-report");
const response: ReportedResponse = {
  policy: "check",
  resource: "default/Pod/web",
  scored: true,
  about: { apiVersion: "v1", kind: "Pod", name: "web", namespace: "default" },
  annotations: { "policies.kyverno.io/category": "Supply chain", "policies.kyverno.io/severity": "high" },
  results: [
    {
      policy: "check",
      rule: "signed",
      pass: "mutate",
      status: "fail",
      message: "not signed",
      action: "Audit",
      failurePolicy: "Fail",
      position: { file: "a", line: 1, column: 1 },
      operation: "CREATE",
      failures: [],
      open: [],
      properties: { team: "a" },
    },
  ],
};
const counts = { pass: 0, fail: 1, warn: 0, error: 0, skip: 0 };

test("has Kyverno's fields", () => {
  assert.equal(toPolicyReport([response], counts, { auditWarn: false, at: new Date(1_700_000_000_999) }), {
    apiVersion: "openreports.io/v1alpha1",
    kind: "ClusterReport",
    metadata: { name: "merged" },
    results: [
      {
        category: "Supply chain",
        message: "not signed",
        policy: "check",
        properties: { process: "admission review", team: "a" },
        resources: [{ apiVersion: "v1", kind: "Pod", name: "web", namespace: "default" }],
        result: "fail",
        rule: "signed",
        scored: true,
        severity: "high",
        source: "kyverno",
        timestamp: { nanos: 0, seconds: 1_700_000_000 },
      },
    ],
    source: "",
    summary: { error: 0, fail: 1, pass: 0, skip: 0, warn: 0 },
  });
});

test("the home that most readers know", () => {
  const { apiVersion, kind } = toPolicyReport([response], counts, {
    auditWarn: false,
    at: new Date(0),
    api: "wgpolicyk8s.io/v1alpha2",
  });
  assert.equal([apiVersion, kind], ["wgpolicyk8s.io/v1alpha2", "ClusterPolicyReport"]);
});

test("shows warnings where failures count as such", () => {
  const report = toPolicyReport([response], counts, { auditWarn: true, at: new Date(0) }) as {
    readonly results: readonly { readonly result: string }[];
  };
  assert.is(report.results[0]?.result, "warn");
});

test.run();
