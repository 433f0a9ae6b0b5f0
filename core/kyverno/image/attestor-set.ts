/**
 * Attestor sets: k of n entries, nested to any bounded depth, counted in three values. Source:
 * docs/spec/kyverno.md#counting-attestors, docs/architecture.md#three-values.
 */
import type { Question } from "../../knowledge/question.ts";
import { conjunction, counting, type Failure, toFailure, type Verification } from "../../verdict.ts";
import type { DecisionVerifier } from "../../verify/memo.ts";
import type { ImageOutcome, ImageRequest } from "../../verify/verify-image.ts";
import type { Position } from "../policy/policy.ts";
import type { CompiledAttestor, CompiledSet } from "./compile-entry.ts";
import type { AttestorResult } from "./result.ts";

/** What is asked of the image; every single attestor adds its expectation and where its signatures are kept. */
export type CommonRequest = Omit<ImageRequest, "expectation" | "signatureRepository">;

export interface SetContext {
  readonly verifier: Pick<DecisionVerifier, "verify">;
  readonly request: CommonRequest;
  /** Whether what is remembered of earlier decisions counts. */
  readonly useCache: boolean;
  /** What an attestor's outcome says in the end, where conditions are to hold too; absent: what was verified. */
  readonly judge?: (outcome: ImageOutcome) => Verification<unknown>;
  readonly position: (pointer: string) => Position;
  /** Every entry is looked at, also when the count is already reached. */
  readonly exhaustive: boolean;
}

type Single = Extract<CompiledAttestor, { kind: "single" }>;
type Broken = Extract<CompiledAttestor, { kind: "broken" }>;

const requestFor = ({ expectation, repository }: Single, request: CommonRequest): ImageRequest => ({
  ...request,
  expectation,
  ...(repository === undefined ? {} : { signatureRepository: repository }),
});

function singleResult(attestor: Single, outcome: ImageOutcome, context: SetContext): AttestorResult {
  const verification = context.judge === undefined ? outcome.verification : context.judge(outcome);
  return {
    path: attestor.path,
    position: context.position(attestor.pointer),
    truth: verification.truth,
    candidates: outcome.candidates,
    failures: verification.truth === "proven" ? [] : verification.failures,
    open: verification.truth === "unknown" ? verification.open : [],
  };
}

function brokenResult({ path, pointer, error }: Broken, context: SetContext): AttestorResult {
  const failure: Failure = { ...toFailure(error, "attestor", 0), code: error.code };
  return { path, position: context.position(pointer), truth: "refuted", failures: [failure], open: [] };
}

/**
 * The truth of one set: entries are tried in order until the count is proven; an unknown entry may still be outvoted.
 */
export function checkAttestorSet(set: CompiledSet, context: SetContext): AttestorResult {
  const entries: AttestorResult[] = [];
  let provenCount = 0;
  for (const attestor of set.entries) {
    const result =
      attestor.kind === "nested"
        ? { ...checkAttestorSet(attestor.set, context), path: attestor.path }
        : attestor.kind === "broken"
          ? brokenResult(attestor, context)
          : singleResult(attestor, context.verifier.verify(requestFor(attestor, context.request), context), context);
    entries.push(result);
    if (result.truth === "proven") provenCount += 1;
    if (!context.exhaustive && provenCount >= set.required) break;
  }
  const truth = counting(
    entries.map((entry) => entry.truth),
    set.required,
  );
  const failing = truth === "proven" ? [] : entries.filter((entry) => entry.truth !== "proven");
  return {
    path: set.path,
    position: context.position(set.pointer),
    truth,
    required: set.required,
    entries,
    failures: failing.flatMap((entry) => entry.failures),
    open: openOf(entries),
  };
}

/** All sets must hold. A refuted set stops the rest, unless every set is to be looked at. */
export function checkAttestorSets(
  sets: readonly CompiledSet[],
  context: SetContext,
): { readonly truth: AttestorResult["truth"]; readonly results: readonly AttestorResult[] } {
  const results: AttestorResult[] = [];
  for (const set of sets) {
    const result = checkAttestorSet(set, context);
    results.push(result);
    if (!context.exhaustive && result.truth === "refuted") break;
  }
  return { truth: conjunction(results.map((result) => result.truth)), results };
}

export const openOf = (results: readonly { readonly open: readonly Question[] }[]): readonly Question[] =>
  results.flatMap((result) => result.open);

/** The single entries below a result that are not proven, each with its path. */
export function failingEntries(results: readonly AttestorResult[]): readonly AttestorResult[] {
  return results.flatMap((result) =>
    result.truth === "proven" ? [] : result.entries === undefined ? [result] : failingEntries(result.entries),
  );
}
