/** The input and the results of a rule in a pass. */
import { codedText, codeRow, EngineError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import type { Question } from "../../knowledge/question.ts";
import { type Failure, toFailure, type Truth } from "../../verdict.ts";
import type { Aliases } from "../../oci/aliases.ts";
import type { ReferenceOptions } from "../../oci/reference.ts";
import type { DecisionVerifier } from "../../verify/memo.ts";
import type { FlatStatus, PatchOperation } from "../outcome/digest-patch.ts";
import { failureMessage, imageName, type PlacedFailure } from "../outcome/message.ts";
import type { FailureAction, Policy } from "../policy/policy.ts";
import type { JsonContext } from "../rule/json-context.ts";
import { openQuestions } from "../../knowledge/ask.ts";
import type { MatchOptions } from "../rule/match.ts";
import type { AdmissionRequest } from "../rule/request.ts";
import { failingEntries } from "./attestor-set.ts";
import type { CompiledRule } from "./compile-rule.ts";
import type { DefaultImages } from "./default-images.ts";
import type { ExceptionIndex } from "./exception-index.ts";
import type { CountedSets } from "./verify-image-entry.ts";
import type { ImageResult, Pass, RuleResult, RuleStatus } from "./result.ts";

/** Input that all rules of a decision share, in both passes. */
export interface DecisionRun {
  readonly knowledge: Knowledge;
  readonly verifier: DecisionVerifier;
  readonly limits: Limits;
  readonly references: ReferenceOptions;
  readonly aliases: Aliases;
  readonly defaults: DefaultImages;
  readonly counted: CountedSets;
  readonly exhaustive: boolean;
  readonly exceptions: ExceptionIndex;
  readonly match: MatchOptions;
  /** For warnings of the decision; each is shown once. */
  readonly warn: (text: string) => void;
  /** A fresh context with the variables of a request. */
  readonly variables: (request: AdmissionRequest, policy: Policy) => JsonContext;
}

export interface RuleRun {
  readonly decision: DecisionRun;
  readonly pass: Pass;
  readonly compiled: CompiledRule;
  readonly request: AdmissionRequest;
  readonly action: FailureAction;
}

/** A rule's results in one pass. */
export interface RuleOutcome {
  readonly results: readonly RuleResult[];
  readonly patches: readonly PatchOperation[];
  /** For the annotations. */
  readonly statuses: FlatStatus;
  readonly warnings: readonly string[];
}

export const nothing: RuleOutcome = { results: [], patches: [], statuses: new Map(), warnings: [] };

export const statusOf = (truth: Truth): RuleStatus =>
  truth === "proven" ? "pass" : truth === "refuted" ? "fail" : "error";

interface ResultParts {
  readonly failures?: readonly Failure[];
  readonly open?: readonly Question[];
  readonly image?: ImageResult;
}

export function ruleResult(run: RuleRun, status: RuleStatus, message: string, parts: ResultParts = {}): RuleResult {
  const { policy, rule } = run.compiled;
  const { namespace } = policy;
  const result: { -readonly [Key in keyof RuleResult]: RuleResult[Key] } = {
    policy: policy.name,
    rule: rule.name,
    pass: run.pass,
    status,
    message,
    action: run.action,
    failurePolicy: policy.spec.failurePolicy,
    position: policy.position(rule.pointer),
    operation: run.request.operation,
    failures: parts.failures ?? [],
    open: parts.open ?? [],
  };
  if (namespace !== undefined) result.policyNamespace = namespace;
  if (parts.image !== undefined) result.image = parts.image;
  if (Object.keys(rule.reportProperties).length > 0) result.properties = rule.reportProperties;
  return result;
}

/** A rule that an error stopped. @throws anything but an EngineError. */
export function stoppedRule(run: RuleRun, error: unknown, what: string): RuleOutcome {
  if (!(error instanceof EngineError)) throw error;
  const refutes = codeRow(error.code).truth === "refuted";
  const result = ruleResult(run, refutes ? "fail" : "error", `${what}: ${codedText(error)}`, {
    failures: [toFailure(error, what, 0)],
    open: openQuestions(error),
  });
  return { ...nothing, results: [result] };
}

/** Every failing place of an image, with its failures. */
function placedFailures(image: ImageResult): readonly PlacedFailure[] {
  const entries = [
    ...failingEntries(image.attestors),
    ...image.attestations.flatMap((attestation) =>
      attestation.truth === "proven"
        ? []
        : attestation.sets.length === 0
          ? [attestation]
          : failingEntries(attestation.sets),
    ),
  ];
  const placed = entries.flatMap((entry) => {
    const worst =
      entry.truth === "unknown"
        ? entry.failures.filter((failure) => codeRow(failure.code).truth !== "refuted")
        : entry.failures;
    const pool = worst.length > 0 ? worst : entry.failures;
    const first = pool.reduce<Failure | undefined>(
      (best, failure) => (best === undefined || failure.stage > best.stage ? failure : best),
      undefined,
    );
    return first === undefined ? [] : [{ path: entry.path, failure: first }];
  });
  const known = new Set(entries.flatMap((entry) => entry.failures));
  return [
    ...placed,
    ...image.failures.filter((failure) => !known.has(failure)).map((failure) => ({ path: "", failure })),
  ];
}

export const imageFailureMessage = (image: ImageResult): string =>
  failureMessage(imageName(image), image.truth, placedFailures(image));
