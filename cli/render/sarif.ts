/**
 * SARIF 2.1.0, for code scanning: each result at its resource in the manifest and at its rule in the policy. Source:
 * OASIS SARIF 2.1.0 §3.10, §3.27 and §3.49; docs/spec/command-line.md#reports.
 */
import { codesOf, shownStatus } from "../../core/admission/report-result.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import type { RuleResult } from "../../core/kyverno/image/result.ts";
import { fileUri } from "./file-uri.ts";
import type { ReportedResponse } from "./policy-report.ts";

type Status = RuleResult["status"];

/** A result other than a failure has no level; an undecided one is open. */
const meaning: Readonly<Record<Status, { readonly kind: string; readonly level: string }>> = {
  pass: { kind: "pass", level: "none" },
  fail: { kind: "fail", level: "error" },
  warn: { kind: "fail", level: "warning" },
  error: { kind: "open", level: "none" },
  skip: { kind: "notApplicable", level: "none" },
};

const ruleId = ({ policy, rule }: RuleResult): string => `${policy}/${rule}`;

const toPlace = ({ file, line, column }: RuleResult["position"]): JsonObject => ({
  artifactLocation: { uri: fileUri(file) },
  region: { startLine: line, startColumn: column },
});

/** Code scanning shows a result at the first location: where the image is named, not where it is asked about. */
const toLocations = (
  { manifest, resource }: ReportedResponse,
  { position, image }: RuleResult,
): readonly JsonObject[] => [
  {
    physicalLocation: toPlace(manifest(image?.pointer ?? "")),
    logicalLocations: [{ fullyQualifiedName: resource, kind: "resource" }],
  },
  { physicalLocation: toPlace(position), message: { text: "the rule of the policy" } },
];

function toResult(response: ReportedResponse, result: RuleResult, auditWarn: boolean): JsonObject {
  const codes = codesOf(result);
  return {
    ruleId: ruleId(result),
    ...meaning[shownStatus(result, response.scored, auditWarn)],
    message: { text: result.message === "" ? result.status : result.message },
    locations: toLocations(response, result),
    properties: { pass: result.pass, ...(codes.length === 0 ? {} : { codes }) },
  };
}

/** One run over everything. */
export function toSarif(
  responses: readonly ReportedResponse[],
  options: { readonly auditWarn: boolean; readonly version: string },
): JsonObject {
  const results = responses.flatMap((response) => response.results.map((result) => ({ response, result })));
  const rules = new Map(results.map(({ response, result }) => [ruleId(result), response.annotations]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "sallyport",
            version: options.version,
            rules: [...rules].map(([id, annotations]) => {
              const title = annotations["policies.kyverno.io/title"];
              const description = annotations["policies.kyverno.io/description"];
              return {
                id,
                ...(title === undefined ? {} : { name: title }),
                ...(description === undefined ? {} : { fullDescription: { text: description } }),
              };
            }),
          },
        },
        columnKind: "utf16CodeUnits",
        results: results.map(({ response, result }) => toResult(response, result, options.auditWarn)),
      },
    ],
  };
}
