/** Three-valued results and their folds (Kleene): proven, refuted, unknown. Everything here is plain JSON. */
import { codeRow, type EngineError, type ErrorCode, type Remedy } from "./errors.ts";
import type { CompletenessClaim } from "./knowledge/completeness-claim.ts";
import { openQuestions } from "./knowledge/ask.ts";
import type { Question } from "./knowledge/question.ts";

/**
 * One check that did not hold. `check` is dotted (`tlog.inclusion-proof`, `x509.chain`, `identity.issuer`). `stage` is
 * the position of the check in the pipeline: the failure with the highest stage is shown first. `question` is what
 * without an answer, if that is the cause.
 */
export interface Failure {
  readonly check: string;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly subject?: string;
  readonly question?: Question;
  /** That something is absent was claimed: the claim. */
  readonly claim?: CompletenessClaim;
  /** What helps, where more is known than the code says. */
  readonly remedy?: Remedy;
  readonly stage: number;
}

/**
 * The outcome of a check. `evidence` is what was proven; `open` has the questions whose answers would decide an
 * unknown.
 */
export type Verification<E> =
  | { readonly truth: "proven"; readonly evidence: E }
  | { readonly truth: "refuted"; readonly failures: readonly Failure[] }
  | { readonly truth: "unknown"; readonly failures: readonly Failure[]; readonly open: readonly Question[] };

export type Truth = Verification<unknown>["truth"];

export const proven = <E>(evidence: E): Verification<E> => ({ truth: "proven", evidence });
export const refuted = (...failures: readonly Failure[]): Verification<never> => ({ truth: "refuted", failures });
export const unknown = (failures: readonly Failure[], open: readonly Question[] = []): Verification<never> => ({
  truth: "unknown",
  failures,
  open,
});

/** An error as a failure. */
export function toFailure(error: EngineError, check: string, stage: number): Failure {
  const [question] = openQuestions(error);
  return {
    check,
    code: error.code,
    reason: error.message,
    stage,
    ...(error.subject === undefined ? {} : { subject: error.subject }),
    ...(question === undefined ? {} : { question }),
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
  };
}

/** A failed check by the truth of its code: a refuting code refutes, any other is unknown. */
export const failed = (failure: Failure, open: readonly Question[] = []): Verification<never> =>
  codeRow(failure.code).truth === "refuted" ? refuted(failure) : unknown([failure], open);

/**
 * Kleene conjunction of truths: refuted if any is, else unknown if any is, else proven. The empty conjunction is
 * proven.
 */
export function conjunction(truths: readonly Truth[]): Truth {
  if (truths.includes("refuted")) return "refuted";
  return truths.includes("unknown") ? "unknown" : "proven";
}

/**
 * Kleene counting: `required` of the given must be proven. Refuted when the unknown ones could not make up the number.
 * `required` is at least 1.
 */
export function counting(truths: readonly Truth[], required: number): Truth {
  const needed = Math.max(1, required);
  const provenCount = truths.filter((truth) => truth === "proven").length;
  if (provenCount >= needed) return "proven";
  const unknownCount = truths.filter((truth) => truth === "unknown").length;
  return provenCount + unknownCount < needed ? "refuted" : "unknown";
}

/** The failure shown first: the one furthest in the pipeline; the first of equals. */
export function furthest(failures: readonly Failure[]): Failure | undefined {
  let best: Failure | undefined;
  for (const failure of failures) if (best === undefined || failure.stage > best.stage) best = failure;
  return best;
}

/** The failure to show first: the furthest of those that decide the outcome. */
export function leadingFailure(truth: "refuted" | "unknown", failures: readonly Failure[]): Failure | undefined {
  const unknowns = failures.filter(({ code }) => codeRow(code).truth !== "refuted");
  return furthest(truth === "unknown" && unknowns.length > 0 ? unknowns : failures);
}

/** The failure that makes a rule's result what it is; none where nothing failed. */
export const failureOf = ({ status, failures }: { readonly status: string; readonly failures: readonly Failure[] }) =>
  status === "fail" || status === "error"
    ? leadingFailure(status === "fail" ? "refuted" : "unknown", failures)
    : undefined;
