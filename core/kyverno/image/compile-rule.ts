/**
 * A rule made ready when policies load: its match, its extractors, its entries. Parts with a variable are compiled when
 * the variable is known.
 */
import { deepSubstitute, hasVariables } from "../rule/variables.ts";
import { type CompiledMatch, compileMatch } from "../rule/match.ts";
import type { JsonContext } from "../rule/json-context.ts";
import type { ImageVerification, Policy, PolicyAges, Rule } from "../policy/policy.ts";
import type { EngineError } from "../../errors.ts";
import type { Remark } from "../policy/remark.ts";
import { type Askable, requireAskableOf, type RequireAskable } from "../policy/askable.ts";
import { type CompiledEntry, compileEntry } from "./compile-entry.ts";
import { refuseEmptyRestrictions } from "./refuse-empty-restrictions.ts";
import { toReferenceFilter, type ReferenceFilter } from "./reference-filter.ts";
import type { Limits } from "../../limits.ts";

export interface CompiledRule {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly match: CompiledMatch;
  /** The images that any entry selects; references never hold variables. */
  readonly filters: readonly ReferenceFilter[];
  /** Whether an entry has `verifyDigest` or `required`, so that the rule has a validating pass. */
  readonly validates: boolean;
  /** The entries of this request. Those without variables are compiled once. */
  readonly entries: (variables: () => JsonContext) => readonly CompiledEntry[];
  /** Attestor entries that nothing can satisfy, found while compiling. */
  readonly warnings: readonly Remark[];
}

/** Without `askable` a policy may have everything asked for that it names. */
export function compileRule(policy: Policy, rule: Rule, limits: Limits, askable?: Askable): CompiledRule {
  const required = askable && requireAskableOf(policy, askable);
  // What is written for all namespaces is asked for.
  const written = policy.kind === "Policy" ? required : undefined;
  const prepared = rule.verifyImages.map((entry) =>
    entryHasVariables(entry)
      ? { later: compileLater(entry, policy.ages, required) }
      : { compiled: compileEntry(entry, limits, policy.ages, written) },
  );
  return {
    policy,
    rule,
    match: compileMatch(rule, policy, limits),
    filters: rule.verifyImages.map((entry) => toReferenceFilter(entry.imageReferences, entry.skipImageReferences)),
    validates: rule.verifyImages.some((entry) => entry.verifyDigest || entry.required),
    entries: (variables) => prepared.map(({ compiled, later }) => compiled ?? later(variables())),
    warnings: prepared.flatMap(({ compiled }) => (compiled === undefined ? [] : brokenAttestors(compiled))),
  };
}

/** Conditions are substituted when the predicate is known, and `deny` after them. */
const variablePart = ({ attestations, validate: _, ...entry }: ImageVerification) => ({
  ...entry,
  attestations: attestations.map(({ conditions: __, ...attestation }) => attestation),
});

const entryHasVariables = (entry: ImageVerification): boolean => hasVariables(variablePart(entry));

/**
 * Compiles the entry with its variables. The last result is kept: both passes of a decision have the same values, and
 * so have most decisions.
 */
function compileLater(
  entry: ImageVerification,
  ages: PolicyAges | undefined,
  required: RequireAskable | undefined,
): (variables: JsonContext) => CompiledEntry {
  let last: { readonly text: string; readonly compiled: CompiledEntry } | undefined;
  return (variables) => {
    const substituted = substituteEntry(entry, variables);
    const text = JSON.stringify(substituted);
    if (last?.text !== text) last = { text, compiled: compileEntry(substituted, variables.limits, ages, required) };
    return last.compiled;
  };
}

/** @throws as `deepSubstitute` and `refuseEmptyRestrictions` */
function substituteEntry(entry: ImageVerification, variables: JsonContext): ImageVerification {
  const substituted = deepSubstitute(variablePart(entry), variables);
  refuseEmptyRestrictions(entry.attestors, substituted.attestors);
  for (const [index, { attestors }] of entry.attestations.entries())
    refuseEmptyRestrictions(attestors, substituted.attestations[index]?.attestors ?? []);
  return {
    ...substituted,
    attestations: substituted.attestations.map((attestation, index) => {
      const conditions = entry.attestations[index]?.conditions;
      return conditions === undefined ? attestation : { ...attestation, conditions };
    }),
    ...(entry.validate === undefined ? {} : { validate: entry.validate }),
  };
}

const brokenWords = ({ code, message }: EngineError): string => `[${code}] ${message}; no image can satisfy this entry`;

function brokenAttestors(entry: CompiledEntry): readonly Remark[] {
  const inSets = (sets: CompiledEntry["sets"]): readonly Remark[] =>
    sets.flatMap((set) =>
      set.entries.flatMap((attestor) =>
        attestor.kind === "nested"
          ? inSets([attestor.set])
          : attestor.kind === "broken"
            ? [{ pointer: attestor.pointer, message: brokenWords(attestor.error) }]
            : [],
      ),
    );
  return [...inSets(entry.sets), ...entry.attestations.flatMap((attestation) => inSets(attestation.sets))];
}
