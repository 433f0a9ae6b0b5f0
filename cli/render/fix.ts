/** What to do about a failure, as it is shown. Source: docs/spec/command-line.md#error-messages. */
import { codeRow, type ErrorCode, fixes, policyFixes, type Remedy, remedies } from "../../core/errors.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { RuleResult } from "../../core/kyverno/image/result.ts";
import { type Failure, leadingFailure } from "../../core/verdict.ts";

/** What is known of the failure beside its code. */
export interface Failed {
  readonly code: ErrorCode;
  readonly remedy?: Remedy | undefined;
  readonly question?: Question | undefined;
  readonly subject?: string | undefined;
}

/** `hasSource`: a mirror or a layout was named. `typesOn`: of the attestations of an image. */
export interface FixSettings {
  readonly hasSource: boolean;
  /** A policy says who must have signed, not flags. */
  readonly byPolicy?: boolean;
  readonly typesOn?: (subject: string) => readonly string[];
}

const artifact = (question: Question): boolean =>
  question.kind === "tag" || question.kind === "manifest" || question.kind === "blob" || question.kind === "referrers";

/** What helps against an answer that nobody gave. An outage has helps of its own, whatever was asked for. */
function remedyOf({ code, question }: Failed): Remedy | undefined {
  if (question === undefined || !["not-in-mirror", "no-key", "no-trust"].includes(code)) return undefined;
  if (artifact(question)) return "artifact";
  if (question.kind === "key") return question.reference.startsWith("k8s://") ? "pinned-secret" : undefined;
  return question.kind === "cluster" || question.kind === "log-entry" ? question.kind : undefined;
}

/** Puts a value in place of a word in capitals, if a shell needs no quotes for the value. */
export const replaced = (text: string, word: string, value: string | undefined): string =>
  value !== undefined && /^[A-Za-z0-9._:/@+-]+$/.test(value) ? text.replaceAll(word, value) : text;

/** One thing to do, for the screen: commands in it are in backquotes. */
export function markedFix(failed: Failed, settings: FixSettings = { hasSource: true }): string {
  const { hasSource, typesOn, byPolicy } = settings;
  const { code, question, subject } = failed;
  const [type, ...more] = code === "no-signature" && subject !== undefined ? (typesOn?.(subject) ?? []) : [];
  if (type !== undefined) {
    const text = replaced(remedies.attestations, "TYPE", type);
    return more.length === 0 ? text : `${text}; other types: ${more.slice(0, 4).join(", ")}`;
  }
  const lacksSource = !hasSource && codeRow(code).truth === "unknown" && question !== undefined && artifact(question);
  const remedy = lacksSource ? "no-source" : (failed.remedy ?? remedyOf(failed));
  const forPolicy = byPolicy === true ? policyFixes[remedy ?? code] : undefined;
  const text = forPolicy ?? (remedy === undefined ? fixes[code] : remedies[remedy]);
  // Of a file that was given, the fix is about that file.
  const filled = replaced(text, "FILE", remedy !== undefined && code === "invalid-usage" ? subject : undefined);
  const named = replaced(filled, "REFERENCE", question?.kind === "key" ? question.reference : undefined);
  return replaced(named, "NAME", question?.kind === "trusted-root" ? question.name : undefined);
}

/** A fix without the marks. */
export const plainFix = (fix: string): string => fix.replaceAll("`", "");

/** One thing to do, for documents. */
export const fixText = (failed: Failed, settings?: FixSettings): string => plainFix(markedFix(failed, settings));

/** The failure that makes a rule's result what it is; none where nothing failed. */
export const failureOf = ({ status, failures }: RuleResult): Failure | undefined =>
  status === "fail" || status === "error"
    ? leadingFailure(status === "fail" ? "refuted" : "unknown", failures)
    : undefined;

/** The codes of a result that did not pass, the decisive one first. */
export function codesOf(result: RuleResult): readonly ErrorCode[] {
  const leading = failureOf(result);
  return leading === undefined ? [] : [...new Set([leading, ...result.failures].map(({ code }) => code))];
}

/**
 * The fixes of the failures of rules, each once, in their order: `fix for no-signature: …`. `unverified-image` has no
 * fix of its own where another failure says what the verification lacks.
 */
export function fixLines(results: readonly RuleResult[], settings: FixSettings): readonly string[] {
  const failures = results.flatMap((result) => failureOf(result) ?? []);
  const causes = failures.filter(({ code }) => code !== "unverified-image");
  const lines = (causes.length > 0 ? causes : failures).map(
    (failure) => `fix for ${failure.code}: ${markedFix(failure, settings)}`,
  );
  return [...new Set(lines)];
}
