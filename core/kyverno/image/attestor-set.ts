/**
 * Attestor sets: k of n entries, nested to any bounded depth, counted in three values. Source:
 * docs/spec/kyverno.md#counting-attestors, docs/architecture.md#three-values.
 */
import type { Question } from "../../knowledge/question.ts";
import { conjunction, counting, type Failure, toFailure, type Verification } from "../../verdict.ts";
import type { Candidate } from "../../verify/verify-image.ts";
import type { Position } from "../policy/policy.ts";
import type { CompiledAttestor, CompiledSet } from "./compile-entry.ts";
import type { AttestorResult } from "./result.ts";

/** What one single attestor says: its verification and the signatures it looked at. */
export interface AttestorOutcome {
  readonly verification: Verification<unknown>;
  readonly candidates: readonly Candidate[];
}

export type SingleAttestor = Extract<CompiledAttestor, { kind: "single" }>;

export interface SetContext {
  readonly check: (attestor: SingleAttestor) => AttestorOutcome;
  readonly position: (pointer: string) => Position;
  /** Every entry is looked at, also when the count is already reached. */
  readonly exhaustive: boolean;
}

const entryFailed = (attestor: CompiledAttestor, context: SetContext, failure: Failure): AttestorResult => ({
  path: attestor.path,
  position: context.position(attestor.pointer),
  truth: "refuted",
  failures: [failure],
  open: [],
});

function checkAttestor(attestor: CompiledAttestor, context: SetContext): AttestorResult {
  if (attestor.kind === "nested") return { ...checkAttestorSet(attestor.set, context), path: attestor.path };
  if (attestor.kind === "broken")
    return entryFailed(attestor, context, { ...toFailure(attestor.error, "attestor", 0), code: attestor.error.code });
  const { verification, candidates } = context.check(attestor);
  return {
    path: attestor.path,
    position: context.position(attestor.pointer),
    truth: verification.truth,
    candidates,
    failures: verification.truth === "proven" ? [] : verification.failures,
    open: verification.truth === "unknown" ? verification.open : [],
  };
}

/**
 * The truth of one set: entries are tried in order until the count is proven; an unknown entry may still be outvoted.
 */
export function checkAttestorSet(set: CompiledSet, context: SetContext): AttestorResult {
  const entries: AttestorResult[] = [];
  let provenCount = 0;
  for (const attestor of set.entries) {
    const result = checkAttestor(attestor, context);
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
