import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toSarif } from "../../../cli/render/sarif.ts";
import type { ReportedResponse } from "../../../cli/render/policy-report.ts";
import type { RuleResult } from "../../../core/kyverno/image/result.ts";

const test = suite("cli/render/sarif");
const result = (status: RuleResult["status"], action: RuleResult["action"] = "Enforce"): RuleResult => ({
  policy: "check",
  rule: "verify",
  pass: "mutate",
  status,
  message: status === "skip" ? "" : `is ${status}`,
  action,
  failurePolicy: "Fail",
  position: { file: "policies/my policy.yaml", line: 8, column: 5 },
  operation: "CREATE",
  failures: status === "fail" ? [{ check: "signature", code: "wrong-key", reason: "", stage: 1 }] : [],
  open: [],
});
const response = (...results: readonly RuleResult[]): ReportedResponse => ({
  policy: "check",
  resource: "shop/Pod/web",
  scored: true,
  results,
  about: { apiVersion: "v1", kind: "Pod", name: "web", namespace: "shop" },
  manifest: () => ({ file: "deploy/50%/Pod #1 é.yaml", line: 4, column: 1 }),
  annotations: { "policies.kyverno.io/title": "Check images" },
});
interface Run {
  readonly tool: { readonly driver: { readonly rules: readonly object[] } };
  readonly results: readonly {
    readonly kind: string;
    readonly level: string;
    readonly message: { readonly text: string };
    readonly locations: readonly object[];
    readonly properties: object;
  }[];
}
const runOf = (auditWarn: boolean, ...results: readonly RuleResult[]): Run =>
  (toSarif([response(...results)], { auditWarn, version: "1" }) as unknown as { readonly runs: readonly Run[] })
    .runs[0] as Run;

test("what is refuted, what could not be decided, what passed and what was left out", () => {
  const kinds = runOf(
    true,
    result("fail"),
    result("fail", "Audit"),
    result("error"),
    result("pass"),
    result("skip"),
  ).results.map(({ kind, level }) => [kind, level]);
  assert.equal(kinds, [
    ["fail", "error"],
    ["fail", "warning"],
    ["open", "none"],
    ["pass", "none"],
    ["notApplicable", "none"],
  ]);
});

test("each at its resource and at its rule, with its codes; a message is never empty", () => {
  const { results, tool } = runOf(false, result("fail"), result("skip"));
  assert.equal(results[0]?.locations, [
    {
      physicalLocation: {
        artifactLocation: { uri: "deploy/50%25/Pod%20%231%20%C3%A9.yaml" },
        region: { startLine: 4, startColumn: 1 },
      },
      logicalLocations: [{ fullyQualifiedName: "shop/Pod/web", kind: "resource" }],
    },
    {
      physicalLocation: {
        artifactLocation: { uri: "policies/my%20policy.yaml" },
        region: { startLine: 8, startColumn: 5 },
      },
      message: { text: "the rule of the policy" },
    },
  ]);
  assert.equal(results[0]?.properties, { pass: "mutate", codes: ["wrong-key"] });
  assert.is(results[1]?.message.text, "skip");
  assert.equal(tool.driver.rules, [{ id: "check/verify", name: "Check images" }]);
});

test.run();
