/**
 * The report that `kyverno apply --policy-report` prints. Source: openreports.io/v1alpha1;
 * docs/spec/kyverno.md#apply-command.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import type { RuleResult } from "../../core/kyverno/image/result.ts";
import { type Counts, type Response, shownStatus } from "./kyverno-apply.ts";

/** The resource of a response, as a reference. */
export interface ReportedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface ReportedResponse extends Response {
  readonly about: ReportedResource;
  readonly annotations: Readonly<Record<string, string>>;
}

function toResult(
  { about, annotations, policy, scored }: ReportedResponse,
  result: RuleResult,
  auditWarn: boolean,
  at: Date,
): JsonObject {
  const category = annotations["policies.kyverno.io/category"];
  const severity = annotations["policies.kyverno.io/severity"];
  return {
    ...(category === undefined ? {} : { category }),
    message: result.message,
    policy,
    properties: { process: "admission review", ...result.properties },
    resources: [
      {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name: about.name,
        ...(about.namespace === undefined ? {} : { namespace: about.namespace }),
      },
    ],
    result: shownStatus(result, scored, auditWarn),
    rule: result.rule,
    scored,
    ...(severity === undefined ? {} : { severity }),
    source: "kyverno",
    timestamp: { nanos: 0, seconds: Math.floor(at.getTime() / 1000) },
  };
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
  return {
    apiVersion: options.api ?? "openreports.io/v1alpha1",
    kind: reportApis[options.api ?? "openreports.io/v1alpha1"],
    metadata: { name: "merged" },
    source: "",
    results: responses.flatMap((response) =>
      response.results.map((result) => toResult(response, result, options.auditWarn, options.at)),
    ),
    summary: { error: counts.error, fail: counts.fail, pass: counts.pass, skip: counts.skip, warn: counts.warn },
  };
}
