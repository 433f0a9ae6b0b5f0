/**
 * The policy report of one resource, as Kyverno writes one for each: owned by the resource, so that it goes when that
 * goes. Source: https://github.com/kubernetes-sigs/wg-policy-prototypes/tree/master/policy-report,
 * docs/spec/kyverno.md#reports-and-events.
 */
import type { JsonObject } from "../encoding/json.ts";
import { isObject } from "../encoding/shape.ts";
import type { RuleResult } from "../kyverno/image/result.ts";
import type { Policy } from "../kyverno/policy/policy.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import type { Limits } from "../limits.ts";
import { reportResult, shownStatus } from "./report-result.ts";

/** The API groups of reports: the older one, which most tools read, and the one that follows it. */
const resourceReportApis = {
  "wgpolicyk8s.io/v1alpha2": { kind: "PolicyReport", ofCluster: "ClusterPolicyReport" },
  "openreports.io/v1alpha1": { kind: "Report", ofCluster: "ClusterReport" },
} as const;
export type ResourceReportApi = keyof typeof resourceReportApis;

export const reportPlurals = {
  PolicyReport: "policyreports",
  ClusterPolicyReport: "clusterpolicyreports",
  Report: "reports",
  ClusterReport: "clusterreports",
} as const;

/** A resource as the API server has it. */
export interface LivingResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
}

/** `undefined`: it has no name or no id yet, as in a mutating pass. */
export function livingResource({ kind, namespace, object }: AdmissionRequest): LivingResource | undefined {
  const { name, uid } = isObject(object?.metadata) ? object.metadata : {};
  if (typeof name !== "string" || name === "" || typeof uid !== "string" || uid === "") return undefined;
  return {
    apiVersion: kind.group === "" ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid,
  };
}

export interface ResourceReport {
  readonly resource: LivingResource;
  readonly results: readonly RuleResult[];
  /** Of a result's policy; none where it is not known any more. */
  readonly policyOf: (result: RuleResult) => Pick<Policy, "annotations" | "spec"> | undefined;
  readonly api: ResourceReportApi;
  readonly at: Date;
  readonly limits: Limits;
}

const source = "sallyport";
const scoredBy = "policies.kyverno.io/scored";
/** What matters most comes first: of many results the last are left out. */
const order: readonly RuleResult["status"][] = ["fail", "warn", "error", "pass", "skip"];

const keyOf = ({ policyNamespace = "", policy, rule, pass, image }: RuleResult): string =>
  JSON.stringify([policyNamespace, policy, rule, pass, image?.image ?? "", image?.pointer ?? "", image?.entry ?? 0]);

/** Named after the resource's id, and not as Kyverno's own: both may run side by side. */
export function resourceReport({ resource, results, policyOf, api, at, limits }: ResourceReport): JsonObject {
  const { namespace, ...reference } = resource;
  const { kind, ofCluster } = resourceReportApis[api];
  const summary = { error: 0, fail: 0, pass: 0, skip: 0, warn: 0 };
  const shown = results.map((result) => {
    const { annotations = {}, spec } = policyOf(result) ?? {};
    const scored = annotations[scoredBy] !== "false";
    summary[shownStatus(result, scored, false)] += 1;
    const by = { scored, annotations, background: spec?.background === true, auditWarn: false, at, source };
    const key = keyOf(result);
    return { status: shownStatus(result, scored, false), key, entry: reportResult(result, { ...by, id: key }) };
  });
  const sorted = shown.sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status) || (a.key < b.key ? -1 : 1));
  return {
    apiVersion: api,
    kind: namespace === undefined ? ofCluster : kind,
    metadata: {
      name: `${source}-${resource.uid}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { "app.kubernetes.io/managed-by": source },
      ownerReferences: [{ ...reference }],
    },
    ...(api === "openreports.io/v1alpha1" ? { source } : {}),
    scope: { ...resource },
    results: sorted.slice(0, limits.reportResults).map(({ entry }) => entry),
    summary,
  };
}
