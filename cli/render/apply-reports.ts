/**
 * What `apply` found, for machines: its own document, and the report formats of other tools. Source:
 * docs/spec/command-line.md#reports.
 */
import { codesOf, shownStatus } from "../../core/admission/report-result.ts";
import { mayOverlook } from "../../core/decide/allowed.ts";
import type { RuleResult } from "../../core/kyverno/image/result.ts";
import { failureOf } from "../../core/verdict.ts";
import { plainFix, ruleFix, type FixSettings } from "./fix.ts";
import { type JunitCase, renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import type { ReportedResponse } from "./policy-report.ts";
import { toFailureJson, toOpenJson } from "../../core/decide/result-json.ts";

interface Row {
  readonly response: ReportedResponse;
  readonly result: RuleResult;
  readonly status: RuleResult["status"];
}

/** An error that a cluster admits with a warning. */
export const isOverlooked = (result: RuleResult): boolean => result.status === "error" && mayOverlook(result);

const rowsOf = (responses: readonly ReportedResponse[], auditWarn: boolean): readonly Row[] =>
  responses.flatMap((response) =>
    response.results.map((result) => ({
      response,
      result,
      status: shownStatus(result, response.scored, auditWarn),
    })),
  );

const caseStatuses = { pass: "passed", warn: "passed", fail: "failed", error: "error", skip: "skipped" } as const;

/** A rule has a result for each image, and one for the resource: the name tells them apart. */
function toCase({ response: { policy, resource }, result, status }: Row): JunitCase {
  const [code] = codesOf(result);
  const about = [resource, result.image?.image ?? "", result.pass === "validate" ? "(validating pass)" : ""];
  return {
    suite: policy,
    classname: `${policy}.${result.rule}`,
    name: `${result.rule}: ${about.filter((part) => part !== "").join(" ")}`,
    status: caseStatuses[status],
    reason: result.message,
    ...(code === undefined ? {} : { type: code }),
    lines: [
      ["Result", status],
      ["Policy", policy],
      ["Rule", result.rule],
      ["Resource", resource],
      ["Message", result.message],
      ...(code === undefined ? [] : [["Code", code] as const]),
    ],
  };
}

export const renderApplyJunit = (responses: readonly ReportedResponse[], auditWarn: boolean): string =>
  renderJunit(rowsOf(responses, auditWarn).map(toCase));

export const renderApplyMarkdown = (responses: readonly ReportedResponse[], auditWarn: boolean): string =>
  renderMarkdown(
    ["POLICY", "RULE", "RESOURCE", "RESULT", "CODE", "MESSAGE"],
    rowsOf(responses, auditWarn).map(({ response, result, status }) => [
      response.policy,
      result.rule,
      response.resource,
      status,
      codesOf(result)[0] ?? "-",
      result.message,
    ]),
  );

/** The results as the `ApplyResult` document has them. */
export const toApplyResults = (responses: readonly ReportedResponse[], auditWarn: boolean, fixes: FixSettings) =>
  rowsOf(responses, auditWarn).map(({ response, result, status }) => {
    const failure = failureOf(result);
    const { image } = result;
    return {
      policy: result.policy,
      policyNamespace: result.policyNamespace,
      rule: result.rule,
      pass: result.pass,
      status,
      action: result.action,
      ...(isOverlooked(result) ? { overlooked: true } : {}),
      resource: response.about,
      image:
        image === undefined
          ? undefined
          : { ref: image.image, logical: image.logical, pointer: image.pointer, digest: image.digest },
      message: result.message,
      code: failure?.code,
      fix: failure === undefined ? undefined : plainFix(ruleFix(result, failure, fixes)),
      failures: result.failures.map(toFailureJson),
      open: toOpenJson(result.open),
      policyPosition: result.position,
      resourcePosition: response.manifest(image?.pointer ?? ""),
    };
  });
