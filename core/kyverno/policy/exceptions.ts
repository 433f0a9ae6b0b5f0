/** `PolicyException`: which rules it excuses, for what. Source: Kyverno API v2, v2beta1. */
import { checkConditions } from "./check-conditions.ts";
import { checkMatch } from "./check-match.ts";
import type { MatchBlock, PolicyMap, PolicySource, PolicyValue, Position } from "./policy.ts";
import { flagOf, listOf, mapOf, textOf, textsOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";
import { readMatchBlock } from "./read-match.ts";
import type { Limits } from "../../limits.ts";

export interface PolicyException {
  readonly name: string;
  readonly namespace: string;
  readonly match: MatchBlock;
  /** Whether it counts in background scans. */
  readonly background: boolean;
  readonly exceptions: readonly ExceptionEntry[];
  /** It excuses only where these hold; absent: always. */
  readonly conditions?: PolicyValue;
  readonly position: (pointer: string) => Position;
  /** Absent where it was not read from a file. */
  readonly source?: PolicySource;
}

export interface ExceptionEntry {
  /** The name of a ClusterPolicy, or `namespace/name` of a Policy; exact. */
  readonly policyName: string;
  /** Names of rules, generated ones too; wildcards. */
  readonly ruleNames: readonly string[];
}

/** The exception in a document of the right shape. Its faults go to `findings`. */
export function readException(
  document: PolicyMap,
  position: (pointer: string) => Position,
  findings: Findings,
  limits: Limits,
): PolicyException {
  const metadata = mapOf(document, "metadata");
  const spec = mapOf(document, "spec") ?? {};
  const conditions = mapOf(spec, "conditions");
  const background = flagOf(spec, "background") ?? true;
  const exceptions = (listOf(spec, "exceptions") ?? []).map((entry) => ({
    policyName: textOf(entry, "policyName") ?? "",
    ruleNames: textsOf(entry, "ruleNames") ?? [],
  }));
  checkMatch(
    spec,
    "/spec",
    { namespaced: false, background, needsKinds: false, verifiesImages: false },
    findings,
    limits,
  );
  checkConditions(conditions, "/spec/conditions", findings);
  const isConditional = ["any", "all"].some((block) => (listOf(conditions, block) ?? []).length > 0);
  if (exceptions.length === 0) findings.refuse("/spec/exceptions", "expected at least one policy, found none");
  exceptions.forEach(({ policyName, ruleNames }, index) => {
    if (policyName === "")
      findings.refuse(`/spec/exceptions/${index}/policyName`, "expected the name of a policy, found nothing");
    if (ruleNames.length === 0)
      findings.refuse(`/spec/exceptions/${index}/ruleNames`, "expected the name of a rule, found none");
  });
  return {
    name: textOf(metadata, "name") ?? "",
    namespace: textOf(metadata, "namespace") ?? "default",
    match: readMatchBlock(mapOf(spec, "match") ?? {}),
    background,
    exceptions,
    ...(isConditional && conditions !== undefined ? { conditions } : {}),
    position,
  };
}
