/**
 * What the far side's policies would decide about an image from the mirror alone, and what is missing for it. Source:
 * docs/spec/offline.md#sync.
 */
import type { Decision, Engine } from "../../core/decide/engine.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { RuleResult } from "../../core/kyverno/image/result.ts";
import type { FailureAction } from "../../core/kyverno/policy/policy.ts";
import { skippedReference } from "../../core/kyverno/outcome/message.ts";
import { parseReference } from "../../core/oci/reference.ts";
import { leadingFailure } from "../../core/verdict.ts";
import { type Closure, type ClosureOptions, ImageClosure, podWith, type SyncImage } from "./image-closure.ts";

/**
 * `pass`, `fail`, `unknown`: of the policies that select the image. `audit`: those that do not pass only report that.
 * `none`: no policy selects it. `absent`: there is no such image.
 */
export type CoverageVerdict = "pass" | "fail" | "audit" | "unknown" | "none" | "absent";

export interface Coverage {
  readonly verdict: CoverageVerdict;
  /** Questions that nobody answered: what a decision of the far side, or somebody who looks there, will miss. */
  readonly missing: readonly Question[];
  /** What did not pass, each once. */
  readonly reasons: readonly CoverageReason[];
  /** Whether nothing is missing, and the policies refuse nothing but what the list expects to be unsigned. */
  readonly isCovered: boolean;
  /** Of an image that the list says nobody signs: whether that is so, as far as it is known. */
  readonly isAsListed?: boolean;
}

export interface CoverageReason {
  readonly policy: string;
  readonly rule: string;
  readonly code?: ErrorCode;
  readonly message: string;
  /** `Audit`: the far side admits the image and reports this. */
  readonly action: FailureAction;
}

/** The codes with which an unsigned image fails. */
const unsigned: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["no-signature", "no-attestation"]);

/** What validating passes say of an image that nothing verified: it follows from what the same rule lacks. */
const following: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["unverified-image", "missing-digest"]);

const isUnsigned = (reasons: readonly CoverageReason[]): boolean => {
  const lacks = ({ code }: CoverageReason): boolean => code !== undefined && unsigned.has(code);
  const ruleOf = ({ policy, rule }: CoverageReason): string => `${policy}/${rule}`;
  const lacking = new Set(reasons.filter(lacks).map(ruleOf));
  return (
    lacking.size > 0 &&
    reasons.every(
      (reason) =>
        lacks(reason) ||
        reason.code === undefined ||
        (following.has(reason.code) && (reason.code === "unverified-image" || lacking.has(ruleOf(reason)))),
    )
  );
};

/** A rule that passes found what it asks for; one that fails with one of these codes found a wrong signature. */
const isSigned = (verdict: CoverageVerdict, results: readonly RuleResult[], reasons: readonly CoverageReason[]) =>
  verdict === "pass"
    ? results.some(({ status }) => status === "pass")
    : (verdict === "fail" || verdict === "audit") && reasons.some(({ code }) => code !== undefined && wrong.has(code));

const wrong: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(["wrong-key", "bad-signature", "wrong-identity", "wrong-annotations", "wrong-digest"] as const),
  ...(["untrusted-certificate", "certificate-not-valid-then", "no-certificate", "no-log-proof"] as const),
  ...(["bad-log-proof", "no-sct", "bad-sct", "no-timestamp", "bad-timestamp", "condition-failed"] as const),
]);

/** Decides from what the mirror holds and nothing else. `settled`: what was decided from the same answers before. */
export function coverageOf(
  image: SyncImage,
  options: Pick<ClosureOptions, "engine" | "values" | "limits">,
  knowledge: Knowledge,
  now: Date,
  settled?: Closure,
): Coverage {
  const { absent, open, decision } = settled ?? new ImageClosure(image, options).attempt(knowledge, now);
  const { engine } = options;
  if (absent) return { verdict: "absent", missing: [], reasons: [], isCovered: false };
  const failed =
    engine === undefined || decision === undefined
      ? []
      : notExcused(image, { ...options, engine }, decision, knowledge, now);
  const reasons = failed.map((result) => toReason(result, engine));
  const isRefuted = failed.some(({ status }) => status === "fail");
  const isAudited = isRefuted && reasons.every(({ action }, at) => action === "Audit" && failed[at]?.status === "fail");
  const isSelected = (decision?.results.length ?? 0) > 0;
  const refused = isAudited ? "audit" : "fail";
  const verdict = isRefuted ? refused : failed.length > 0 ? "unknown" : isSelected ? "pass" : "none";
  const isExpected = image.expect === "unsigned" && (verdict === "fail" || verdict === "audit") && isUnsigned(reasons);
  const isCovered =
    open.length === 0 && (verdict === "pass" || verdict === "audit" || verdict === "none" || isExpected);
  const isContrary = image.expect === "unsigned" && isSigned(verdict, decision?.results ?? [], reasons);
  const listed = isExpected ? { isAsListed: true } : isContrary ? { isAsListed: false } : {};
  return { verdict, missing: open, reasons, isCovered, ...listed };
}

/**
 * The results that do not pass. An exhaustive decision also judges images that a rule skips by their references, and
 * those that an exception excuses: there the plain decision counts.
 */
function notExcused(
  { text }: SyncImage,
  { engine, values }: { readonly engine: Engine; readonly values?: ClosureOptions["values"] },
  { results }: Decision,
  knowledge: Knowledge,
  now: Date,
): readonly RuleResult[] {
  const failed = results.filter(({ status }) => status === "fail" || status === "error");
  if (failed.length === 0) return [];
  const plain = engine.decide(podWith(text, values), knowledge, now);
  const reference = parseReference(text, engine.limits);
  const isExcuse = ({ status, message, policy, rule }: RuleResult): boolean =>
    status === "skip" &&
    (message === skippedReference(reference.canonical, policy, rule) || message.includes("policy exceptions"));
  const key = ({ policy, policyNamespace = "", rule }: RuleResult): string => `${policyNamespace}/${policy} ${rule}`;
  const excused = new Set(plain.results.filter(isExcuse).map(key));
  return failed.filter((result) => !excused.has(key(result)));
}

/** An override may enforce in a namespace that nobody here knows: then it does not only report. */
const actionOf = ({ policy, policyNamespace, action }: RuleResult, engine: Engine | undefined): FailureAction =>
  engine?.policies.some(
    ({ name, namespace, spec }) =>
      name === policy &&
      (policyNamespace === undefined || namespace === policyNamespace) &&
      spec.validationFailureActionOverrides.some((override) => override.action.toLowerCase() === "enforce"),
  ) === true
    ? "Enforce"
    : action;

function toReason(result: RuleResult, engine: Engine | undefined): CoverageReason {
  const { policy, rule, status, message, failures } = result;
  const failure = leadingFailure(status === "fail" ? "refuted" : "unknown", failures);
  const action = actionOf(result, engine);
  return { policy, rule, action, message, ...(failure === undefined ? {} : { code: failure.code }) };
}
