import { suite } from "uvu";
import * as assert from "uvu/assert";
import { livingResource, resourceReport } from "../../../core/admission/resource-report.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import type { RuleResult } from "../../../core/kyverno/image/result.ts";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { fixtureKnowledge } from "../../support/fixture-images.ts";
import { engineOf, image, now, pod, policyText } from "../../support/fixture-policies.ts";
import { decidedBy, requestOf } from "../../support/undecided.ts";

const test = suite("core/admission/resource-report");
const engine = engineOf(policyText({ name: "strict" }));
const [policy] = engine.policies;
const policyOf = () => policy;
const stored = {
  ...pod(image("signed"), image("unsigned")),
  metadata: { name: "web", namespace: "shop", uid: "id-1" },
};
const request = requestOf(stored);
const { results } = decidedBy(engine, request, fixtureKnowledge).decision;
const resource = livingResource(request) ?? assert.unreachable();

interface Report extends JsonObject {
  readonly results: readonly (JsonObject & { readonly result: string; readonly properties: JsonObject })[];
}
const reportOf = (of: readonly RuleResult[], more = {}): Report =>
  resourceReport({
    resource: resource as NonNullable<ReturnType<typeof livingResource>>,
    results: of,
    policyOf,
    api: "wgpolicyk8s.io/v1alpha2",
    at: now,
    limits: defaultLimits,
    ...more,
  }) as Report;

test("a resource owns its report, which says what did not pass first", () => {
  const { results: rows, ...report } = reportOf(results);
  assert.equal(report, {
    apiVersion: "wgpolicyk8s.io/v1alpha2",
    kind: "PolicyReport",
    metadata: {
      name: "sallyport-id-1",
      namespace: "shop",
      labels: { "app.kubernetes.io/managed-by": "sallyport" },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "web", uid: "id-1" }],
    },
    scope: { apiVersion: "v1", kind: "Pod", name: "web", namespace: "shop", uid: "id-1" },
    summary: { error: 0, fail: 1, pass: 1, skip: 0, warn: 0 },
  });
  assert.equal(
    rows.map(({ result, policy: of, rule, source, properties: { code } }) => [result, of, rule, source, code]),
    [
      ["fail", "strict", "verify", "sallyport", "no-signature"],
      ["pass", "strict", "verify", "sallyport", undefined],
    ],
  );
  assert.is(new Set(rows.map(({ properties: { resultID } }) => resultID)).size, 2);
});

test("the order of results, and when they were decided, make no other report", () => {
  const again = reportOf([...results].reverse(), { at: new Date(now.getTime() + 60_000) });
  const plain = (report: Report) => report.results.map(({ timestamp: _, ...rest }) => rest);
  assert.equal(plain(again), plain(reportOf(results)));
});

test("what is in no namespace has a report of the cluster, and the successor's API has its own kinds", () => {
  const { namespace: _, ...alone } = resource as NonNullable<ReturnType<typeof livingResource>>;
  const report = reportOf(results, { resource: alone });
  assert.is(report.kind, "ClusterPolicyReport");
  assert.is((report.metadata as JsonObject).namespace, undefined);
  const api = "openreports.io/v1alpha1";
  assert.equal([reportOf(results, { api }).kind, reportOf(results, { api }).source], ["Report", "sallyport"]);
});

test("of many results those that matter least are only counted", () => {
  const report = reportOf(results, { limits: limitsWith({ reportResults: 1 }) });
  assert.equal(
    report.results.map(({ result }) => result),
    ["fail"],
  );
  assert.equal(report.summary, { error: 0, fail: 1, pass: 1, skip: 0, warn: 0 });
});

test("before it has a name and an id nothing can be reported of a resource", () => {
  assert.is(livingResource(requestOf(pod("a"))), undefined);
  const unnamed = { ...pod("a"), metadata: { generateName: "a-", uid: "id" } };
  assert.is(livingResource(requestOf(unnamed, { name: "" })), undefined);
});

test.run();
