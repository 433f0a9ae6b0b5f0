/** What `kyverno apply` prints, word for word, and its counting. Source: docs/spec/kyverno.md#apply-command. */
import { shownStatus } from "../../core/admission/report-result.ts";
import { visibleLine, visibleLines } from "./escape.ts";
import type { RuleResult } from "../../core/kyverno/image/result.ts";

/** All results of one policy on one resource in one pass. `resource` is `namespace/Kind/name`. */
export interface Response {
  readonly policy: string;
  readonly resource: string;
  /** The policy carries `policies.kyverno.io/scored: "false"`: its failures are warnings. */
  readonly scored: boolean;
  readonly results: readonly RuleResult[];
}

export interface Counts {
  readonly pass: number;
  readonly fail: number;
  readonly warn: number;
  readonly error: number;
  readonly skip: number;
}

/** Each result counts once; a policy that was refused counts as one error. */
export function countResults(
  responses: readonly Response[],
  options: { readonly auditWarn: boolean; readonly refusedPolicies: number },
): Counts {
  const counts = { pass: 0, fail: 0, warn: 0, error: options.refusedPolicies, skip: 0 };
  for (const { results, scored } of responses)
    for (const result of results) counts[shownStatus(result, scored, options.auditWarn)] += 1;
  return counts;
}

/** `\nApplying 1 policy rule(s) to 1 resource(s)...`. */
export const renderBanner = (counts: {
  readonly rules: number;
  readonly resources: number;
  readonly exceptions: number;
}): string =>
  "\n" +
  `Applying ${counts.rules} policy rule(s) to ${counts.resources} ` +
  `resource(s)${counts.exceptions > 0 ? ` with ${counts.exceptions} exception(s)` : ""}...\n`;

/** The failed rules of one response, or nothing. Errors are only counted. */
export function renderResponse({ policy, resource, results, scored }: Response, auditWarn: boolean): string {
  const failed = results.filter(({ status }) => status === "fail");
  const [first] = failed;
  if (first === undefined) return "";
  const asWarning = auditWarn && scored && first.action === "Audit";
  const lines = failed.map(
    ({ rule, message }, index) =>
      `${index + 1} - ${visibleLine(rule)} ${message === "" ? "validation failed" : visibleLines(message)}\n`,
  );
  const head = `policy ${visibleLine(policy)} -> resource ${visibleLine(resource)} failed`;
  return `${head}${asWarning ? " as audit warning" : ""}:\n${lines.join("")}\n`;
}

/** The line that scripts parse. It ends with a space. */
export const renderCounts = ({ pass, fail, warn, error, skip }: Counts): string =>
  `\npass: ${pass}, fail: ${fail}, warn: ${warn}, error: ${error}, skip: ${skip} \n`;

const rule = "-".repeat(70);

/** Policies that were refused, with the reason. */
export function renderRefusedPolicies(
  refused: readonly { readonly policy: string; readonly reason: string }[],
): string {
  if (refused.length === 0) return "";
  return (
    `${rule}\n` +
    "Policies Skipped:\n" +
    refused
      .map(({ policy, reason }, index) => `${index + 1}. ${visibleLine(policy)}: ${visibleLines(reason)}\n`)
      .join("") +
    `${rule}\n`
  );
}
