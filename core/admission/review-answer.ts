/**
 * One review's answer: which policies a path asks, and what is said of the decision. Source:
 * docs/spec/kyverno.md#failure-policy, docs/spec/outcomes.md#documented-messages.
 */
import type { DecideOptions, Decision } from "../decide/engine.ts";
import type { EngineError } from "../errors.ts";
import type { Policy } from "../kyverno/policy/policy.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import { admissionWarnings, denialBlock, didNotPass } from "./denial.ts";
import { withEarlierRecords } from "./earlier-records.ts";
import type { Refusal, ReviewAnswer } from "./review.ts";

type Pass = NonNullable<DecideOptions["pass"]>;
export type Strictness = "fail" | "ignore";

/** The pass of a webhook, and the failure policy of the policies that it asks. */
export interface Place {
  readonly pass: Pass;
  readonly strictness: Strictness;
}

/** Where an API server calls. */
export const admissionPaths = ["/mutate/fail", "/mutate/ignore", "/validate/fail", "/validate/ignore"] as const;

const places: ReadonlyMap<string, Place> = new Map(
  admissionPaths.map((path) => {
    const [, pass, strictness] = path.split("/");
    return [path, { pass: pass as Pass, strictness: strictness as Strictness }];
  }),
);

export const placeOf = (path: string): Place | undefined => places.get(path);

/** What is not decided since it cannot be read. */
export const refusalOf = ({ code, message, subject }: EngineError): Refusal => ({
  code: 400,
  message: `[${code}] ${subject === undefined ? "" : `${subject}: `}${message}`,
});

export interface AnswerOptions {
  /** The policies of the other failure policy, whose webhook may have recorded something earlier. */
  readonly others: readonly Policy[];
  /** Of the remembered decision, where there is one. */
  readonly id?: string | undefined;
}

/** The policies of the other failure policy than the path's. */
export const othersThan = (
  { strictness }: Place,
  engines: Readonly<Record<Strictness, { readonly policies: readonly Policy[] }>>,
): readonly Policy[] => engines[strictness === "fail" ? "ignore" : "fail"].policies;

/** The answer, and the codes of what did not pass. */
export function answerOf(
  request: AdmissionRequest,
  { pass }: Place,
  decided: Decision | Refusal | "unchanged",
  { others, id }: AnswerOptions,
): { readonly answer: ReviewAnswer; readonly codes: readonly string[] } {
  if (decided === "unchanged") return { answer: {}, codes: [] };
  if (!("allowed" in decided)) return { answer: { refused: decided }, codes: ["overloaded"] };
  const { allowed, results, trustWarnings } = decided;
  const patches = pass === "mutate" ? withEarlierRecords(request.object, decided.patches, others) : [];
  if (allowed && trustWarnings.length === 0 && !results.some(didNotPass))
    return { answer: pass === "mutate" ? { patches } : {}, codes: [] };
  const codes = [...new Set(results.filter(didNotPass).flatMap(({ failures }) => failures.map(({ code }) => code)))];
  // A denial says everything itself: a client shows warnings beside it.
  if (!allowed)
    return {
      answer: {
        refused: { message: denialBlock(request, results, id) },
        warnings: admissionWarnings([], trustWarnings),
      },
      codes,
    };
  if (pass === "mutate") return { answer: { patches, warnings: admissionWarnings(results, trustWarnings) }, codes };
  // What nobody can decide was said by the mutating pass, before it wrote a digest into the image's name.
  const own = results.filter(({ status }) => status !== "error");
  return { answer: { warnings: admissionWarnings(own, trustWarnings) }, codes };
}
