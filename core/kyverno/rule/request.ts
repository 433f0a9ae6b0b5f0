/**
 * The input of a decision: one admission request, or a resource of the command line in place of one. Source: Kubernetes
 * admission/v1.
 */
import type { JsonObject } from "../../encoding/json.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface UserInfo {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: JsonObject;
}

/**
 * `object` is absent on DELETE, `oldObject` on CREATE. Admission information (`userInfo`, `roles`, `clusterRoles`) is
 * absent in the command line and in background scans.
 */
export interface AdmissionRequest {
  readonly uid?: string;
  readonly operation: Operation;
  readonly kind: GroupVersionKind;
  readonly subResource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly object?: JsonObject;
  readonly oldObject?: JsonObject;
  readonly userInfo?: UserInfo;
  readonly roles?: readonly string[];
  readonly clusterRoles?: readonly string[];
  /** Labels of the resource's namespace; absent where they are not known. */
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
  /**
   * Values for variables that the command line gives in place of context entries (Kyverno's values file): name → value.
   */
  readonly variables?: JsonObject;
  /** The same to one rule alone, and to what is generated from it: rule → name → value. They win. */
  readonly ruleVariables?: Readonly<Record<string, JsonObject>>;
  /** Values of the command line for single policies: policy → values that replace the request's own. */
  readonly byPolicy?: Readonly<Record<string, ToldToPolicy>>;
}

type ToldToPolicy = Partial<Pick<AdmissionRequest, "variables" | "ruleVariables" | "operation">>;

/** The request as the policy is told it. */
export function requestTo(policy: string, request: AdmissionRequest): AdmissionRequest {
  const { byPolicy } = request;
  return byPolicy !== undefined && Object.hasOwn(byPolicy, policy) ? { ...request, ...byPolicy[policy] } : request;
}

/** Values of the command line for the rule of this name. */
export function variablesOf(rule: string, { variables = {}, ruleVariables = {} }: AdmissionRequest): JsonObject {
  const name = [rule, rule.replace(/^autogen-(?:cronjob-)?/, "")].find((one) => Object.hasOwn(ruleVariables, one));
  return name === undefined ? variables : { ...variables, ...ruleVariables[name] };
}
