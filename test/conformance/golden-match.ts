/** Match and exclude blocks against the real Kyverno: match.jsonl. */
import type { JsonObject } from "../../core/encoding/json.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { compileMatch } from "../../core/kyverno/rule/match.ts";
import type { AdmissionRequest, GroupVersionKind, Operation, UserInfo } from "../../core/kyverno/rule/request.ts";
import { type GoldenReport, outcome, readLines, Tally } from "./golden-cases.ts";
import { defaultLimits } from "../../core/limits.ts";

interface MatchCase {
  readonly id: string;
  readonly match: JsonObject;
  readonly exclude?: JsonObject;
  readonly resource: JsonObject & { readonly apiVersion: string; readonly kind: string };
  readonly userInfo?: {
    readonly userInfo?: UserInfo;
    readonly roles?: readonly string[];
    readonly clusterRoles?: readonly string[];
  };
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly operation?: Operation;
  readonly subresource?: {
    readonly subresource: { readonly name: string; readonly kind: string };
    readonly parentResource: { readonly group?: string; readonly version: string; readonly kind: string };
  };
  readonly matched?: boolean;
  readonly error?: string;
}

function kindOf({ resource, subresource }: MatchCase): {
  readonly kind: GroupVersionKind;
  readonly subResource?: string;
} {
  if (subresource !== undefined && subresource.subresource.kind === resource.kind) {
    const { group = "", version, kind } = subresource.parentResource;
    return { kind: { group, version, kind }, subResource: subresource.subresource.name.split("/")[1] ?? "" };
  }
  const [version = "", group = ""] = resource.apiVersion.split("/").reverse();
  return { kind: { group, version, kind: resource.kind } };
}

const requestOf = (golden: MatchCase): AdmissionRequest => ({
  operation: golden.operation ?? "CREATE",
  ...kindOf(golden),
  object: golden.resource,
  ...golden.userInfo,
  ...(golden.namespaceLabels === undefined ? {} : { namespaceLabels: golden.namespaceLabels }),
});

/** The rule of a case in a policy; background off and autogen off, as the cases were made. */
function policyText({ match, exclude }: MatchCase): string {
  const rule = {
    name: "r",
    match,
    ...(exclude === undefined ? {} : { exclude }),
    validate: { message: "denied", deny: {} },
  };
  const annotations = { "pod-policies.kyverno.io/autogen-controllers": "none" };
  return JSON.stringify({
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "p", annotations },
    spec: { background: false, rules: [rule] },
  });
}

function decide(golden: MatchCase): string {
  const { policies, errors } = loadPolicies([{ name: "policy.yaml", text: policyText(golden) }]);
  const [policy] = policies;
  const [rule] = policy?.spec.rules ?? [];
  if (errors.length > 0 || policy === undefined || rule === undefined) return "error";
  return String(
    compileMatch(rule, policy, defaultLimits).test(requestOf(golden), { absentNamespaceLabels: "none" }).matched,
  );
}

export function runGoldenMatch(folder: string): GoldenReport {
  const tally = new Tally();
  for (const line of readLines(folder, "match.jsonl")) {
    const golden = JSON.parse(line) as MatchCase;
    tally.add(
      golden.id,
      golden.error === undefined ? String(golden.matched) : "error",
      outcome(() => decide(golden)),
    );
  }
  return tally.report();
}
