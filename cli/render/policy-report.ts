/**
 * The report that `kyverno apply --policy-report` prints, with what Policy Reporter reads and a code for each failure.
 * Source: docs/spec/command-line.md#reports.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import type { RuleResult } from "../../core/kyverno/image/result.ts";
import { type ReportedResource, reportResult } from "../../core/admission/report-result.ts";
import type { Counts, Response } from "./kyverno-apply.ts";

export interface ReportedResponse extends Response {
  /** Absent where the response is about a policy alone. */
  readonly about?: ReportedResource;
  /** Where a value of the resource stands, by its JSON pointer; where the resource stands, by an empty one. */
  readonly manifest: (pointer: string) => RuleResult["position"];
  readonly annotations: Readonly<Record<string, string>>;
  /** `spec.background` of the policy; Kyverno's default is true. */
  readonly background?: boolean;
}

/** What makes a result another one than all others: the place of the resource and of the policy, too. */
function idOf({ about, manifest }: ReportedResponse, result: RuleResult): string {
  const { policy, policyNamespace, rule, pass, image, position } = result;
  const what = image === undefined ? [] : [image.image, image.pointer, image.entry];
  return JSON.stringify([about, manifest(""), policyNamespace, policy, rule, pass, position, what]);
}

/** The two API groups of the same report: Kyverno's present one, and the older one, which most tools read. */
export const reportApis = {
  "openreports.io/v1alpha1": "ClusterReport",
  "wgpolicyk8s.io/v1alpha2": "ClusterPolicyReport",
} as const;
export type ReportApi = keyof typeof reportApis;

/** One report over everything, named `merged` as Kyverno's. */
export function toPolicyReport(
  responses: readonly ReportedResponse[],
  counts: Counts,
  options: { readonly auditWarn: boolean; readonly at: Date; readonly api?: ReportApi },
): JsonObject {
  const api = options.api ?? "openreports.io/v1alpha1";
  return {
    apiVersion: api,
    kind: reportApis[api],
    metadata: { name: "merged" },
    // The older group has no such field: a report with it would be refused by a strict reader.
    ...(api === "openreports.io/v1alpha1" ? { source: "" } : {}),
    results: responses.flatMap((response) =>
      response.results.map((result) => {
        const { about, scored, annotations, background } = response;
        const { auditWarn, at } = options;
        const id = idOf(response, result);
        return reportResult(result, {
          about,
          scored,
          annotations,
          auditWarn,
          at,
          id,
          ...(background === undefined ? {} : { background }),
        });
      }),
    ),
    summary: { error: counts.error, fail: counts.fail, pass: counts.pass, skip: counts.skip, warn: counts.warn },
  };
}
