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
  manifest: () => ({ file: "pod.yaml", line: 3, column: 1 }),
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
      failures: [
        { check: "signature", code: "wrong-key", reason: "another key", stage: 1 },
        { check: "layout.tag", code: "no-signature", reason: "none", stage: 0 },
      ],
      open: [],
      image: {
        image: "ghcr.io/acme/app:1",
        pointer: "/spec/containers/0/image",
        digest: `sha256:${"a".repeat(64)}`,
        entry: 0,
        position: { file: "a", line: 2, column: 1 },
        truth: "refuted",
        attestors: [],
        attestations: [],
        failures: [],
        open: [],
      },
      properties: { team: "a" },
    },
  ],
};
const counts = { pass: 0, fail: 1, warn: 0, error: 0, skip: 0 };

interface Row {
  readonly message: string;
  readonly policy: string;
  readonly result: string;
  readonly severity?: string;
  readonly properties: Readonly<Record<string, string>>;
}
const resultsOf = (...responses: readonly ReportedResponse[]): readonly Row[] =>
  toPolicyReport(responses, counts, { auditWarn: false, at: new Date(0) }).results as unknown as readonly Row[];
const [result] = response.results;

test("has Kyverno's fields", () => {
  const report = toPolicyReport([response], counts, { auditWarn: false, at: new Date(1_700_000_000_999) });
  assert.equal(report, {
    apiVersion: "openreports.io/v1alpha1",
    kind: "ClusterReport",
    metadata: { name: "merged" },
    results: [
      {
        category: "Supply chain",
        message: "not signed",
        policy: "check",
        properties: {
          process: "background scan",
          resultID: resultsOf(response)[0]?.properties.resultID,
          code: "wrong-key",
          codes: "wrong-key,no-signature",
          image: "ghcr.io/acme/app:1",
          digest: `sha256:${"a".repeat(64)}`,
          team: "a",
        },
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
  const { apiVersion, kind, source } = toPolicyReport([response], counts, {
    auditWarn: false,
    at: new Date(0),
    api: "wgpolicyk8s.io/v1alpha2",
  });
  assert.equal([apiVersion, kind, source], ["wgpolicyk8s.io/v1alpha2", "ClusterPolicyReport", undefined]);
});

test("shows warnings where failures count as such", () => {
  const report = toPolicyReport([response], counts, { auditWarn: true, at: new Date(0) }) as {
    readonly results: readonly { readonly result: string }[];
  };
  assert.is(report.results[0]?.result, "warn");
});

test("no two results have one id: Policy Reporter would take them for one", () => {
  if (result === undefined) throw new Error("no result");
  const { image } = result;
  if (image === undefined) throw new Error("no image");
  const elsewhere = { apiVersion: "v1", kind: "Pod", name: "web", namespace: "other" };
  const rows = resultsOf(
    response,
    { ...response, about: elsewhere },
    { ...response, results: [{ ...result, pass: "validate" }] },
    { ...response, results: [{ ...result, policyNamespace: "shop" }] },
    { ...response, results: [{ ...result, rule: "other" }] },
    { ...response, manifest: () => ({ file: "pod.yaml", line: 30, column: 1 }) },
    { ...response, results: [{ ...result, image: { ...image, pointer: "/spec/containers/1/image" } }] },
  );
  const ids = rows.map(({ properties }) => properties.resultID ?? "");
  assert.is(new Set(ids).size, rows.length);
  for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/);
  assert.equal(resultsOf(response), resultsOf(response));
});

test("a severity that the API does not know is left out; a policy in a namespace has it in its name", () => {
  if (result === undefined) throw new Error("no result");
  const annotations = { "policies.kyverno.io/severity": "urgent" };
  const [row] = resultsOf({ ...response, annotations, results: [{ ...result, policyNamespace: "shop" }] });
  assert.is(row?.severity, undefined);
  assert.is(row?.policy, "shop/check");
});

test("a pass has no code, and the rule's own words replace the message of their status", () => {
  if (result === undefined) throw new Error("no result");
  const properties = { passMessage: "all good", failMessage: "call us" };
  const rows = resultsOf({
    ...response,
    background: false,
    results: [
      { ...result, status: "pass", properties },
      { ...result, properties },
    ],
  });
  assert.equal(
    rows.map(({ message }) => message),
    ["all good", "call us"],
  );
  assert.equal(
    rows.map(({ properties: { code } }) => code),
    [undefined, "wrong-key"],
  );
  assert.is(rows[0]?.properties.process, "admission review");
});

test.run();
