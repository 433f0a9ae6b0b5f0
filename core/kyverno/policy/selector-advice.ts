/**
 * Advice on label selectors: a wildcard that can match a label which the same selector names with another value, and
 * wildcards in the values of expressions. Source: docs/spec/kyverno.md#match-and-exclude.
 */
import { pointer } from "../../encoding/shape.ts";
import { containsWildcard, matchWildcard } from "../../patterns/wildcard.ts";
import type { Limits } from "../../limits.ts";
import type { LabelSelector, MatchBlock, Policy, ResourceFilter, Rule } from "./policy.ts";
import type { Advice } from "./remark.ts";

/**
 * Kyverno replaces a pattern by the label of the resource that it matches. Where another entry has that name, one of
 * the two is lost, at random. Here both must hold.
 */
function adviseLabels(selector: LabelSelector | undefined, at: string, limits: Limits): readonly Advice[] {
  const pairs = Object.entries(selector?.matchLabels ?? {});
  const plain = pairs.filter(([key]) => !containsWildcard(key));
  return pairs
    .filter(([key]) => containsWildcard(key))
    .flatMap(([pattern, wanted]) =>
      plain
        .filter(([label, value]) => value !== wanted && matchWildcard(pattern, label, limits))
        .map(([label, value]) => ({
          code: "overlapping-labels" as const,
          pointer: pointer(pointer(at, "matchLabels"), pattern),
          message:
            `its wildcard can match the label ${JSON.stringify(label)}, and another entry wants that label to be ` +
            `${JSON.stringify(value)}: Kyverno then keeps one of the two entries at random; here both must hold`,
        })),
    );
}

/** Values of expressions are compared as they stand, and no label can hold a wildcard. */
function adviseValues(selector: LabelSelector | undefined, at: string): readonly Advice[] {
  return (selector?.matchExpressions ?? []).flatMap(({ values = [] }, index) =>
    values.filter(containsWildcard).map((value) => ({
      code: "wildcard-in-expression" as const,
      pointer: pointer(pointer(at, "matchExpressions"), index),
      message: `${JSON.stringify(value)} matches no label: wildcards do not work in expressions; use matchLabels`,
    })),
  );
}

const adviseSelector = (selector: LabelSelector | undefined, at: string, limits: Limits): readonly Advice[] => [
  ...adviseLabels(selector, at, limits),
  ...adviseValues(selector, at),
];

/** The filters of a block, each with its place in the file. */
function placed(block: MatchBlock | undefined, at: string): readonly (readonly [string, ResourceFilter])[] {
  if (block === undefined) return [];
  const listed = (["any", "all"] as const).flatMap((form) =>
    (block[form] ?? []).map((filter, index) => [pointer(pointer(at, form), index), filter] as const),
  );
  return block.bare === undefined ? listed : [[at, block.bare]];
}

/** Advice on the selectors of a rule: of its resources and of their namespaces. */
export const adviseSelectors = ({ pointer: at, match, exclude }: Rule, limits: Limits): readonly Advice[] =>
  [...placed(match, pointer(at, "match")), ...placed(exclude, pointer(at, "exclude"))].flatMap(([here, filter]) =>
    (["selector", "namespaceSelector"] as const).flatMap((field) =>
      adviseSelector(filter[field], pointer(pointer(here, "resources"), field), limits),
    ),
  );

/** Advice on the selectors of overrides of the failure action. */
export const adviseOverrides = ({ spec }: Policy, limits: Limits): readonly Advice[] =>
  spec.validationFailureActionOverrides.flatMap(({ namespaceSelector }, index) =>
    adviseSelector(namespaceSelector, `/spec/validationFailureActionOverrides/${index}/namespaceSelector`, limits),
  );
