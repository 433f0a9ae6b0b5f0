/**
 * Kyverno's admission checks on a `verifyImages` rule, and Sallyport's further ones. Source:
 * docs/spec/kyverno.md#attestors, #attestation-entries, #older-fields, #checks-at-load.
 */
import { pointer } from "../../encoding/shape.ts";
import { checkAttestorSets, checkKeySpellings } from "./check-attestors.ts";
import { checkAttestationConditions, checkConditions } from "./check-conditions.ts";
import { findVariables } from "./find-variables.ts";
import type { FailureAction, ImageVerification, PolicyMap, Rule } from "./policy.ts";
import { namesOlderAttestor } from "./read-images.ts";
import { isList, listOf, member, textOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";
import type { Limits } from "../../limits.ts";

function checkAttestations(
  { attestations }: ImageVerification,
  raw: PolicyMap,
  at: string,
  findings: Findings,
  limits: Limits,
): void {
  const rawAttestations = listOf(raw, "attestations") ?? [];
  for (const attestation of attestations) {
    // Differs: Kyverno then takes any signer under the public Fulcio.
    // Where an older field beside attestations is refused, that is the reason.
    if (attestation.attestors.length === 0 && !namesOlderAttestor(raw))
      findings.refuse(
        pointer(attestation.pointer, "attestors"),
        "expected at least one attestor, found none: anyone could sign",
      );
    checkAttestorSets(attestation.attestors, findings, limits);
    if (isList(attestation.conditions))
      checkAttestationConditions(attestation.conditions, pointer(attestation.pointer, "conditions"), findings);
  }
  rawAttestations.forEach((attestation, index) => {
    const predicateType = textOf(attestation, "predicateType");
    const type = textOf(attestation, "type");
    const here = pointer(pointer(pointer(at, "attestations"), index), "predicateType");
    if (predicateType === undefined || predicateType === "") return;
    if (type !== undefined && type !== "" && type !== predicateType)
      findings.warn(here, `is ignored beside type ${JSON.stringify(type)}`);
    else
      findings.warn(
        here,
        `predicateType has been deprecated use 'type: ${predicateType}' instead of 'predicateType: ${predicateType}'`,
      );
  });
}

/**
 * Whether an entry's effective action audits: the policy's, until an entry says otherwise for itself and those after
 * it.
 */
function checkMutation(entries: readonly ImageVerification[], policyAction: FailureAction, findings: Findings): void {
  let action = policyAction;
  let settings: readonly string[] = ["/spec/validationFailureAction"];
  for (const entry of entries) {
    action = entry.failureAction ?? action;
    const own = pointer(entry.pointer, "failureAction");
    settings = entry.failureAction === undefined ? [...settings, own] : [own];
    if (action === "Audit" && entry.mutateDigest)
      findings.refuse(
        pointer(entry.pointer, "mutateDigest"),
        "must be set to false for the failure action Audit, found true, its default",
        settings,
      );
  }
}

/** A rule whose entries have been read from `raw`, in the same order. */
export function checkImages(
  rule: Rule,
  raw: readonly PolicyMap[],
  policyAction: FailureAction,
  findings: Findings,
  limits: Limits,
): void {
  rule.verifyImages.forEach((entry, index) => {
    const value = raw[index] ?? {};
    if (textOf(value, "type") === "Notary")
      findings.unsupported(
        pointer(entry.pointer, "type"),
        "the type Notary is not supported; Cosign and SigstoreBundle are",
      );
    if (entry.imageReferences.length === 0)
      findings.refuse(pointer(entry.pointer, "imageReferences"), "expected at least one image reference, found none");
    entry.imageReferences.forEach((reference, at) => {
      if (findVariables(reference, limits).length > 0)
        findings.refuse(
          pointer(pointer(entry.pointer, "imageReferences"), at),
          `expected a pattern, found a variable in ${JSON.stringify(reference)}`,
        );
    });
    checkAttestorSets(entry.attestors, findings, limits);
    checkAttestations(entry, value, entry.pointer, findings, limits);
    checkKeySpellings(value, entry.pointer, findings);
    checkConditions(
      member(member(member(value, "validate"), "deny"), "conditions"),
      `${entry.pointer}/validate/deny/conditions`,
      findings,
    );
  });
  checkMutation(rule.verifyImages, policyAction, findings);
  for (const [kind, extractors] of Object.entries(rule.imageExtractors ?? {})) {
    extractors.forEach((extractor, index) => {
      if (
        extractor.jmesPath === undefined ||
        extractor.jmesPath === "" ||
        !rule.verifyImages.some((entry) => entry.mutateDigest)
      )
        return;
      findings.refuse(
        `${pointer(pointer(pointer(rule.pointer, "imageExtractors"), kind), index)}/jmesPath`,
        "a jmesPath may not be used while mutateDigest is true in an entry of the rule",
      );
    });
  }
}
