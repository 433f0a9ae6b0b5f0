/**
 * Whether a rule applies to a request: its match and exclude blocks. Source: docs/spec/kyverno.md#before-the-rules,
 * #match-and-exclude, #kind-selectors.
 */
import { EngineError } from "../../errors.ts";
import { containsWildcard } from "../../patterns/wildcard.ts";
import type { MatchBlock, Policy, Rule, ResourceFilter } from "../policy/policy.ts";
import { type CompiledFilter, compileFilter, filterMisses } from "./match-filter.ts";
import { isAnonymous, type MatchOptions, type MatchSubject, resourceOf, subjectOf } from "./match-subject.ts";
import type { AdmissionRequest } from "./request.ts";
import type { Limits } from "../../limits.ts";

export type { MatchOptions } from "./match-subject.ts";

export interface MatchResult {
  readonly matched: boolean;
  /** Why not, for people. */
  readonly reason?: string;
}

/**
 * Data for an index by kind: the kinds that a match names, and whether a filter may match others too.
 */
export interface KindIndex {
  readonly named: ReadonlySet<string>;
  readonly others: boolean;
}

/** A rule's match and exclude, made ready. */
export interface CompiledMatch {
  readonly index: KindIndex;
  /**
   * Missing labels are asked for only if they decide.
   * @throws EngineError an unknown code with the namespace's question as its subject; `unresolved` when the namespace
   * does not exist.
   */
  readonly test: (request: AdmissionRequest, options?: MatchOptions) => MatchResult;
}

type Form = "any" | "all" | "bare";
interface CompiledBlock {
  readonly form: Form;
  readonly filters: readonly CompiledFilter[];
}

function compileBlock(block: MatchBlock, limits: Limits): CompiledBlock {
  const filters = (list: readonly ResourceFilter[]) => list.map((filter) => compileFilter(filter, limits));
  if (block.any !== undefined && block.any.length > 0) return { form: "any", filters: filters(block.any) };
  if (block.all !== undefined && block.all.length > 0) return { form: "all", filters: filters(block.all) };
  return { form: "bare", filters: filters([block.bare ?? {}]) };
}

/**
 * Every filter's miss. What one filter does not know is thrown only when no other one decides: `decides` tells which
 * outcome does.
 */
function missesOf(
  block: CompiledBlock,
  subject: MatchSubject,
  user: "judged" | "ignored",
  decides: (missed: string | undefined) => boolean,
): readonly (string | undefined)[] {
  const misses: (string | undefined)[] = [];
  let ignorance: EngineError | undefined;
  for (const filter of block.filters) {
    try {
      const missed = filterMisses(filter, subject, user);
      if (decides(missed)) return [missed];
      misses.push(missed);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      ignorance ??= error;
    }
  }
  if (ignorance !== undefined) throw ignorance;
  return misses;
}

/** The miss of a whole block, or undefined when it holds. */
function blockMisses(block: CompiledBlock, subject: MatchSubject, user: "judged" | "ignored"): string | undefined {
  if (block.form === "any") {
    const misses = missesOf(block, subject, user, (missed) => missed === undefined);
    return misses.includes(undefined) ? undefined : misses[0];
  }
  return missesOf(block, subject, user, (missed) => missed !== undefined).find((missed) => missed !== undefined);
}

const no = (reason: string): MatchResult => ({ matched: false, reason });

function indexKinds({ filters }: CompiledBlock): KindIndex {
  const kinds = filters.flatMap((filter) => filter.kinds.map((selector) => selector.kind));
  return {
    named: new Set(kinds.filter((kind) => !containsWildcard(kind))),
    others: filters.some((filter) => filter.kinds.length === 0) || kinds.some(containsWildcard),
  };
}

/** A rule's match and exclude, compiled. */
export function compileMatch(
  rule: Pick<Rule, "match" | "exclude">,
  policy: Pick<Policy, "kind" | "namespace">,
  limits: Limits,
): CompiledMatch {
  const match = compileBlock(rule.match, limits);
  const exclude = rule.exclude === undefined ? undefined : compileBlock(rule.exclude, limits);
  const home = policy.kind === "Policy" ? policy.namespace || "default" : undefined;
  const isExcluded = (subject: MatchSubject): boolean =>
    exclude !== undefined && blockMisses(exclude, subject, "judged") === undefined;
  const test: CompiledMatch["test"] = (request, options = {}) => {
    const resource = resourceOf(request);
    if (resource === undefined) return no("the request carries no resource");
    const subject = subjectOf(request, resource, options);
    if (home !== undefined && subject.namespace !== home) return no("the policy is of another namespace");
    let missed: string | undefined;
    try {
      missed = blockMisses(match, subject, isAnonymous(request) ? "ignored" : "judged");
    } catch (error) {
      // If the request is certainly excluded, it does not matter whether it matches.
      if (error instanceof EngineError && isExcluded(subject)) return no("excluded");
      throw error;
    }
    if (missed !== undefined) return no(`match: ${missed}`);
    return isExcluded(subject) ? no("excluded") : { matched: true };
  };
  return { index: indexKinds(match), test };
}
