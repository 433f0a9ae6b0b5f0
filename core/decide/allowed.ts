/**
 * Whether a request may pass: the one place where results become a verdict. Source: docs/architecture.md#three-values,
 * docs/spec/kyverno.md#failure-policy.
 */
import { codeRow } from "../errors.ts";
import { isArtifactQuestion } from "../knowledge/question.ts";
import type { RuleResult } from "../kyverno/image/result.ts";

type Judged = Pick<RuleResult, "status" | "action" | "failurePolicy" | "failures" | "open">;

/**
 * A refutation under Enforce denies; an unknown denies unless `failurePolicy: Ignore` may overlook all of its causes.
 */
export const isAllowed = (results: readonly Judged[]): boolean =>
  !results.some(
    (result) =>
      (result.status === "fail" && result.action === "Enforce") || (result.status === "error" && !mayOverlook(result)),
  );

/**
 * Whether `failurePolicy: Ignore` lets this unknown pass: every cause is an outage of an artifact or cluster question.
 * A variable that does not resolve is no outage: the author of the resource may have left it unset.
 */
export function mayOverlook(result: Omit<Judged, "status" | "action">): boolean {
  if (result.failurePolicy !== "Ignore") return false;
  const causes = result.failures.map((failure) => codeRow(failure.code)).filter((row) => row.truth !== "refuted");
  return (
    causes.length > 0 &&
    causes.every(({ ignorable }) => ignorable === "artifact") &&
    result.open.every(isArtifactQuestion)
  );
}
