/**
 * The report that `kyverno apply --policy-report` prints, with what Policy Reporter reads and a code for each failure.
 * Source: docs/spec/command-line.md#reports.
 */
import { digestOf } from "../../core/crypto/digest.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { RuleResult } from "../../core/kyverno/image/result.ts";
import { codesOf } from "./fix.ts";
import { type Counts, type Response, shownStatus } from "./kyverno-apply.ts";

/** The resource of a response, as a reference. */
export interface ReportedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface ReportedResponse extends Response {
  /** Absent where the response is about a policy alone. */
  readonly about?: ReportedResource;
  /** Where a value of the resource stands, by its JSON pointer; where the resource stands, by an empty one. */
  readonly manifest: (pointer: string) => RuleResult["position"];
  readonly annotations: Readonly<Record<string, string>>;
  /** `spec.background` of the policy; Kyverno's default is true. */
  readonly background?: boolean;
}

/** What the API knows; Kyverno leaves out any other word. */
const severities: ReadonlySet<string> = new Set(["critical", "high", "medium", "low", "info"]);

/** The rule's `reportProperties` can replace the message, as in Kyverno. */
const messageOf = ({ status, message, properties = {} }: RuleResult): string =>
  properties.message || properties[`${status}Message`] || message;

/**
 * Policy Reporter takes two results with one id for one. The id that it makes knows neither the namespace of a resource
 * nor the pass.
 */
function idOf({ about, manifest }: ReportedResponse, result: RuleResult): string {
  const { policy, policyNamespace, rule, pass, image, position } = result;
  const what = image === undefined ? [] : [image.image, image.pointer, image.entry];
  const parts = [about, manifest(""), policyNamespace, policy, rule, pass, position, what];
  return digestOf(encodeUtf8(JSON.stringify(parts))).slice("sha256:".length, "sha256:".length + 16);
}

/** All values are texts. */
function toProperties(response: ReportedResponse, result: RuleResult): JsonObject {
  const { background = true } = response;
  const [code, ...more] = codesOf(result);
  const { image } = result;
  return {
    process: background ? "background scan" : "admission review",
    resultID: idOf(response, result),
    ...(code === undefined ? {} : { code }),
    ...(more.length === 0 ? {} : { codes: [code, ...more].join(",") }),
    ...(image === undefined ? {} : { image: image.image }),
    ...(image?.logical === undefined ? {} : { logicalImage: image.logical }),
    ...(image?.digest === undefined ? {} : { digest: image.digest }),
    ...result.properties,
  };
}

function toResult(response: ReportedResponse, result: RuleResult, auditWarn: boolean, at: Date): JsonObject {
  const { about, annotations, scored } = response;
  const category = annotations["policies.kyverno.io/category"];
  const severity = annotations["policies.kyverno.io/severity"] ?? "";
  const { policy, policyNamespace } = result;
  return {
    ...(category === undefined ? {} : { category }),
    message: messageOf(result),
    policy: policyNamespace === undefined ? policy : `${policyNamespace}/${policy}`,
    properties: toProperties(response, result),
    ...(about === undefined ? {} : { resources: [{ ...about }] }),
    result: shownStatus(result, scored, auditWarn),
    rule: result.rule,
    scored,
    ...(severities.has(severity) ? { severity } : {}),
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
  const api = options.api ?? "openreports.io/v1alpha1";
  return {
    apiVersion: api,
    kind: reportApis[api],
    metadata: { name: "merged" },
    // The older group has no such field: a report with it would be refused by a strict reader.
    ...(api === "openreports.io/v1alpha1" ? { source: "" } : {}),
    results: responses.flatMap((response) =>
      response.results.map((result) => toResult(response, result, options.auditWarn, options.at)),
    ),
    summary: { error: counts.error, fail: counts.fail, pass: counts.pass, skip: counts.skip, warn: counts.warn },
  };
}
