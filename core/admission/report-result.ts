/**
 * One result of a policy report, as Kyverno writes it, with what Policy Reporter reads and a code for each failure.
 * Source: docs/spec/command-line.md#reports.
 */
import { digestOf } from "../crypto/digest.ts";
import type { JsonObject } from "../encoding/json.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import type { ErrorCode } from "../errors.ts";
import type { RuleResult } from "../kyverno/image/result.ts";
import { failureOf } from "../verdict.ts";

/** The resource of a result, as a reference. */
export interface ReportedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** What a report says of the policy of a result, and of what it is about. */
export interface ReportedBy {
  /** Absent where the result is about a policy alone, or the whole report is about the resource. */
  readonly about?: ReportedResource | undefined;
  /** The policy carries `policies.kyverno.io/scored: "false"`: its failures are warnings. */
  readonly scored: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  /** `spec.background` of the policy; Kyverno's default is true. */
  readonly background?: boolean;
  /** What makes the result another one than all others of its report. */
  readonly id: string;
  readonly auditWarn: boolean;
  readonly at: Date;
  /** Who reports. Default: kyverno, as its commands do. */
  readonly source?: string;
}

/** What the API knows; Kyverno leaves out any other word. */
const severities: ReadonlySet<string> = new Set(["critical", "high", "medium", "low", "info"]);

/** How Kyverno shows a result: `--audit-warn` and unscored policies make failures warnings. */
export function shownStatus(result: RuleResult, scored: boolean, auditWarn: boolean): RuleResult["status"] {
  if (result.status !== "fail") return result.status;
  return !scored || (auditWarn && result.action === "Audit") ? "warn" : "fail";
}

/** The codes of a result that did not pass, the decisive one first. */
export function codesOf(result: RuleResult): readonly ErrorCode[] {
  const leading = failureOf(result);
  return leading === undefined ? [] : [...new Set([leading, ...result.failures].map(({ code }) => code))];
}

/** The rule's `reportProperties` can replace the message, as in Kyverno. */
const messageOf = ({ status, message, properties = {} }: RuleResult): string =>
  properties.message || properties[`${status}Message`] || message;

/**
 * Policy Reporter takes two results with one id for one. The id that it makes knows neither the namespace of a resource
 * nor the pass.
 */
const idOf = (id: string): string => digestOf(encodeUtf8(id)).slice("sha256:".length, "sha256:".length + 16);

/** All values are texts. */
function toProperties({ background = true, id }: ReportedBy, result: RuleResult): JsonObject {
  const [code, ...more] = codesOf(result);
  const { image } = result;
  return {
    process: background ? "background scan" : "admission review",
    resultID: idOf(id),
    ...(code === undefined ? {} : { code }),
    ...(more.length === 0 ? {} : { codes: [code, ...more].join(",") }),
    ...(image === undefined ? {} : { image: image.image }),
    ...(image?.logical === undefined ? {} : { logicalImage: image.logical }),
    ...(image?.digest === undefined ? {} : { digest: image.digest }),
    ...result.properties,
  };
}

export function reportResult(result: RuleResult, by: ReportedBy): JsonObject {
  const { about, annotations, scored, auditWarn, at, source = "kyverno" } = by;
  const category = annotations["policies.kyverno.io/category"];
  const severity = annotations["policies.kyverno.io/severity"] ?? "";
  const { policy, policyNamespace } = result;
  return {
    ...(category === undefined ? {} : { category }),
    message: messageOf(result),
    policy: policyNamespace === undefined ? policy : `${policyNamespace}/${policy}`,
    properties: toProperties(by, result),
    ...(about === undefined ? {} : { resources: [{ ...about }] }),
    result: shownStatus(result, scored, auditWarn),
    rule: result.rule,
    scored,
    ...(severities.has(severity) ? { severity } : {}),
    source,
    timestamp: { nanos: 0, seconds: Math.floor(at.getTime() / 1000) },
  };
}
