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

/** The request about the image. Each attestor adds its expectation and its signature repository. */
export type CommonRequest = Omit<ImageRequest, "expectation" | "signatureRepository">;

export interface SetContext {
  readonly verifier: Pick<DecisionVerifier, "verify">;
  readonly request: CommonRequest;
  /** Whether results remembered from earlier decisions count. */
  readonly useCache: boolean;
  /** Turns an attestor's outcome into the final one if conditions must hold too. Absent: the outcome stays. */
  readonly judge?: (outcome: ImageOutcome) => Verification<unknown>;
  readonly position: (pointer: string) => Position;
  /** Every entry is checked, even after the count is reached. */
  readonly exhaustive: boolean;
}

type Single = Extract<CompiledAttestor, { kind: "single" }>;
type Broken = Extract<CompiledAttestor, { kind: "broken" }>;

const requestFor = (
  { expectation, repository }: Single,
  { image, layouts, predicateType }: CommonRequest,
): ImageRequest => ({ image, layouts, predicateType, expectation, signatureRepository: repository });

function singleResult(attestor: Single, outcome: ImageOutcome, context: SetContext): AttestorResult {
  const verification = context.judge === undefined ? outcome.verification : context.judge(outcome);
  return {
    path: attestor.path,
    position: context.position(attestor.pointer),
    truth: verification.truth,
    candidates: outcome.candidates,
    ...(outcome.claims.length === 0 ? {} : { claims: outcome.claims }),
    ...(outcome.saidNone.length === 0 ? {} : { saidNone: outcome.saidNone }),
    failures: verification.truth === "proven" ? [] : verification.failures,
    open: verification.truth === "unknown" ? verification.open : [],
  };
}

function brokenResult({ path, pointer, error }: Broken, context: SetContext): AttestorResult {
  const failure: Failure = { ...toFailure(error, "attestor", 0), code: error.code };
  // What is not asked for is not known.
  const truth = error.code === "access-denied" ? "unknown" : "refuted";
  return { path, position: context.position(pointer), truth, failures: [failure], open: [] };
}

function setResult(set: CompiledSet, entries: readonly AttestorResult[], context: SetContext): AttestorResult {
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

export interface SetsResult {
  readonly truth: AttestorResult["truth"];
  /** One for each set that was checked. */
  readonly results: readonly AttestorResult[];
}

/**
 * All sets must hold; a refuted one stops the rest. The entries of a set are tried in order until its count is proven;
 * an unknown entry may still be outvoted. An exhaustive decision checks everything.
 */
export function checkAttestorSets(sets: readonly CompiledSet[], context: SetContext): SetsResult {
  const { verifier, exhaustive } = context;
  const results: AttestorResult[] = [];
  for (const set of sets) {
    const entries: AttestorResult[] = [];
    for (const attestor of set.entries) {
      if (attestor.kind === "nested")
        for (const nested of checkAttestorSets([attestor.set], context).results)
          entries.push({ ...nested, path: attestor.path });
      else if (attestor.kind === "broken") entries.push(brokenResult(attestor, context));
      else {
        const outcome = verifier.verify(requestFor(attestor, context.request), context);
        entries.push(singleResult(attestor, outcome, context));
      }
      if (!exhaustive && entries.filter(({ truth }) => truth === "proven").length >= set.required) break;
    }
    const result = setResult(set, entries, context);
    results.push(result);
    if (!exhaustive && result.truth === "refuted") break;
  }
  return { truth: conjunction(results.map(({ truth }) => truth)), results };
}

export const openOf = (results: readonly { readonly open: readonly Question[] }[]): readonly Question[] =>
  results.flatMap((result) => result.open);

/** The single entries below a result that are not proven, each with its path. */
export function failingEntries(results: readonly AttestorResult[]): readonly AttestorResult[] {
  return results.flatMap((result) =>
    result.truth === "proven" ? [] : result.entries === undefined ? [result] : failingEntries(result.entries),
  );
}
