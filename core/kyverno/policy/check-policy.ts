/**
 * Kyverno's admission checks on a policy as a whole. Source: docs/spec/kyverno.md#policy-fields, #rule-fields,
 * #checks-at-load, #autogen.
 */
import { pointer } from "../../encoding/shape.ts";
import { checkOverrides } from "./check-overrides.ts";
import { autogenAnnotation, autogenKinds } from "./autogen.ts";
import type { Policy, PolicyMap } from "./policy.ts";
import { flagOf, integerOf, listOf, mapOf, member, textOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";
import type { Limits } from "../../limits.ts";

/** Deprecated fields of the specification and those that replaced them: one of them may be given. */
function checkWebhook(spec: PolicyMap, findings: Findings): void {
  const webhook = mapOf(spec, "webhookConfiguration");
  for (const [old, current] of [
    ["failurePolicy", "failurePolicy"],
    ["webhookTimeoutSeconds", "timeoutSeconds"],
  ] as const) {
    if (member(spec, old) !== undefined && member(webhook, current) !== undefined) {
      findings.refuse(
        `/spec/${old}`,
        `expected either this deprecated field or spec.webhookConfiguration.${current}, found both; remove this one`,
      );
    }
  }
  for (const [seconds, at] of [
    [integerOf(spec, "webhookTimeoutSeconds"), "/spec/webhookTimeoutSeconds"],
    [integerOf(webhook, "timeoutSeconds"), "/spec/webhookConfiguration/timeoutSeconds"],
  ] as const) {
    if (seconds !== undefined && (seconds < 1 || seconds > 30))
      findings.refuse(at, `expected between 1 and 30 seconds, found ${seconds}`);
  }
  if ((listOf(webhook, "matchConditions") ?? []).length > 0)
    findings.unsupported("/spec/webhookConfiguration/matchConditions", "matchConditions (CEL) are not supported");
}

function checkModes({ spec }: Policy, findings: Findings): void {
  if (!spec.admission && !spec.background)
    findings.refuse("/spec/admission", "disabling both admission and background processing is not allowed");
  else if (!spec.admission && spec.rules.some((rule) => rule.kind !== "validate"))
    findings.refuse("/spec/admission", "disabling admission is only allowed where all rules validate");
}

function checkAutogen(policy: Policy, findings: Findings): void {
  const controllers = policy.annotations[autogenAnnotation];
  if (controllers === undefined || controllers === "none") return;
  const at = pointer("/metadata/annotations", autogenAnnotation);
  const named = controllers.split(",");
  if (controllers === "all")
    findings.refuse(at, 'the value "all" is not supported any more; remove the annotation, or name the controllers');
  const known = named.filter((name) => autogenKinds.includes(name));
  if (
    known.length > 0 &&
    known.length < autogenKinds.length &&
    policy.spec.rules.some((rule) => rule.kind !== "generate")
  ) {
    findings.warn(
      at,
      "Policies that match Pods apply to all Pods including those created and managed by controllers excluded " +
        "from autogen.",
    );
  }
}

/** The document has been read into `policy`. */
export function checkPolicy(policy: Policy, document: PolicyMap, findings: Findings, limits: Limits): void {
  const spec = mapOf(document, "spec") ?? {};
  if (policy.kind === "ClusterPolicy" && policy.namespace !== undefined && policy.namespace !== "")
    findings.refuse("/metadata/namespace", "a ClusterPolicy has no namespace");
  if (policy.kind === "Policy" && (listOf(spec, "validationFailureActionOverrides") ?? []).length > 0) {
    findings.refuse("/spec/validationFailureActionOverrides", "is supported only with ClusterPolicy");
  }
  checkOverrides(
    listOf(spec, "validationFailureActionOverrides") ?? [],
    "/spec/validationFailureActionOverrides",
    findings,
    limits,
  );
  const action = textOf(spec, "validationFailureAction");
  if (action === "audit" || action === "enforce")
    findings.warn(
      "/spec/validationFailureAction",
      "Validation failure actions enforce/audit are deprecated, use Enforce/Audit instead.",
    );
  if (flagOf(spec, "generateExistingOnPolicyUpdate") !== undefined)
    findings.refuse(
      "/spec/generateExistingOnPolicyUpdate",
      "has been removed from Kyverno; use generate.generateExisting",
    );
  checkWebhook(spec, findings);
  checkModes(policy, findings);
  checkAutogen(policy, findings);
  const names = new Set<string>();
  for (const rule of policy.spec.rules) {
    if (names.has(rule.name))
      findings.refuse(`${rule.pointer}/name`, `the rule name ${JSON.stringify(rule.name)} is repeated`);
    names.add(rule.name);
  }
}
