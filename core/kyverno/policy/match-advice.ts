/**
 * Advice on rules that apply to nothing, or to less than was meant. Source: docs/spec/kyverno.md#kind-selectors,
 * #autogen, #image-extraction.
 */
import { pointer } from "../../encoding/shape.ts";
import { autogenKinds, expandRules } from "./autogen.ts";
import type { Policy, Rule } from "./policy.ts";
import { filtersOf } from "./read-match.ts";
import type { Advice } from "./remark.ts";

/** Why a kind selector cannot match any resource with images, or `undefined`. */
function fault(selector: string, rule: Rule): string | undefined {
  const parts = selector.split("/");
  const last = (parts.at(-1) ?? "").split(".");
  if (parts.length - 1 + last.length > 4) return "has more than four parts";
  if (parts.length === 2 && /^v\d{2,}/.test(parts[0] ?? ""))
    return "has a version of more than one digit, which is read as a kind; write the group too";
  if (parts.length === 3 && parts[0] === "*" && last.length === 1)
    return "begins with *, which is read as a version; leave it out";
  const kind = last.length > 1 || parts.length < 3 ? (last[0] ?? "") : (parts[2] ?? "");
  const carries =
    kind === "Pod" || autogenKinds.includes(kind) || /[*?]/.test(kind) || rule.imageExtractors?.[kind] !== undefined;
  return carries || parts.length === 4 || parts.length === 2
    ? undefined
    : `names a kind without default image extractors; describe its images under imageExtractors.${kind}`;
}

/** Advice on a rule's kinds, and on a rule for Pods that its controllers do not get. */
export function adviseMatch(policy: Policy, rule: Rule): readonly Advice[] {
  const at = pointer(rule.pointer, "match");
  const kinds = [...new Set(filtersOf(rule.match).flatMap((filter) => filter.kinds ?? []))];
  const remarks = kinds.flatMap((kind): readonly Advice[] => {
    const why = fault(kind, rule);
    return why === undefined
      ? []
      : [{ code: "never-matches", pointer: at, message: `the kind ${JSON.stringify(kind)} ${why}` }];
  });
  const spelt = kinds.find((kind) => kind === "v1/Pod" || kind === "*/Pod");
  if (spelt !== undefined && expandRules(policy).length === policy.spec.rules.length) {
    remarks.push({
      code: "no-autogen",
      pointer: at,
      message: `the kind ${JSON.stringify(spelt)} is not extended to the controllers of Pods; write Pod`,
    });
  }
  return remarks;
}
