/**
 * Settings that are valid but probably not meant: the advice of `policy check`. Source:
 * docs/spec/kyverno.md#checks-at-load, #identities, #selecting-images.
 */
import { pointer } from "../../encoding/shape.ts";
import { adviseAttestors } from "./attestor-advice.ts";
import { adviseMatch } from "./match-advice.ts";
import type { Policy, PolicyWarning } from "./policy.ts";
import { adviseReferences } from "./reference-advice.ts";
import { type Advice, type AdviceCode, locate } from "./remark.ts";
import { adviseOverrides, adviseSelectors } from "./selector-advice.ts";
import type { Limits } from "../../limits.ts";

/** In the order of the rules, then of what they say. */
export function advise(policy: Policy, limits: Limits): readonly (Advice & PolicyWarning)[] {
  const remarks = policy.spec.rules.flatMap((rule): readonly Advice[] => {
    if (rule.kind !== "verifyImages") return [];
    return [
      ...adviseMatch(policy, rule),
      ...adviseSelectors(rule, limits),
      ...rule.verifyImages.flatMap((entry): readonly Advice[] => [
        ...adviseReferences(entry, limits),
        ...(entry.attestors.length > 0 && entry.attestations.length > 0
          ? [
              remark(
                "signatures-and-attestations",
                pointer(entry.pointer, "attestations"),
                "both are needed: the signatures of attestors and these attestations",
              ),
            ]
          : []),
        ...(entry.validate?.deny !== undefined && entry.attestations.length === 0
          ? [
              remark(
                "deny-without-attestations",
                pointer(entry.pointer, "validate"),
                "is never evaluated, since the entry has no attestations",
              ),
            ]
          : []),
        ...adviseAttestors(entry, limits),
      ]),
    ];
  });
  return [...adviseOverrides(policy, limits), ...remarks].map((found) => locate(policy, found));
}

const remark = (code: AdviceCode, at: string, message: string): Advice => ({ code, message, pointer: at });
