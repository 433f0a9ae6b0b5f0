/**
 * Advice on attestors. Source: docs/spec/kyverno.md#identities, #deny-conditions;
 * docs/spec/sigstore.md#matching-an-identity.
 */
import { pointer } from "../../encoding/shape.ts";
import { containsWildcard } from "../../patterns/wildcard.ts";
import { findVariables } from "./find-variables.ts";
import type { Attestor, AttestorSet, ImageVerification } from "./policy.ts";
import type { Advice } from "./remark.ts";
import type { Limits } from "../../limits.ts";

const given = (text: string | undefined): text is string => text !== undefined && text !== "";

function advisePattern(text: string | undefined, at: string, limits: Limits): readonly Advice[] {
  if (
    !given(text) ||
    findVariables(text, limits).length > 0 ||
    (/^(\(\?[a-zA-Z]+\))?(\^|\\A)/.test(text) && /(\$|\\z)$/.test(text))
  )
    return [];
  return [
    {
      code: "unanchored-pattern",
      pointer: at,
      message:
        `${JSON.stringify(text)} is found anywhere in the name, as in Kyverno; write ^ before it and $ after it ` +
        "to mean the whole name",
    },
  ];
}

/** A star before the end of a name. */
function adviseWildcard(text: string | undefined, at: string): readonly Advice[] {
  if (!given(text) || !containsWildcard(text) || text === "*") return [];
  // A star for all before the @ of an address, as documented, is meant.
  const inside = /\*(?!$)/.test(text.replace(/^\*@/, "@"));
  const halfSegment = /:\/\//.test(text) && /[A-Za-z0-9_-]\*$/.test(text) && !text.includes("@");
  if (!inside && !halfSegment) return [];
  const effect = inside ? 'a * matches any text, "/" and "@" included' : "the last * also continues the name before it";
  return [
    {
      code: "wildcard-crosses-slash",
      pointer: at,
      message: `${JSON.stringify(text)}: ${effect}; write out what is fixed`,
    },
  ];
}

function adviseKeyless(keyless: NonNullable<Attestor["keyless"]>, at: string, limits: Limits): readonly Advice[] {
  const { subject, subjectRegExp, issuer, issuerRegExp } = keyless;
  const remarks: Advice[] = [
    ...advisePattern(subjectRegExp, pointer(at, "subjectRegExp"), limits),
    ...advisePattern(issuerRegExp, pointer(at, "issuerRegExp"), limits),
    ...adviseWildcard(subject, pointer(at, "subject")),
    ...adviseWildcard(issuer, pointer(at, "issuer")),
  ];
  const hasSubject = given(subject) || given(subjectRegExp);
  const hasIssuer = given(issuer) || given(issuerRegExp);
  if (!hasSubject && !hasIssuer)
    remarks.push({
      code: "half-identity",
      pointer: at,
      message: "has neither subject nor issuer: everyone with a certificate under its roots may sign",
    });
  else if (!hasSubject)
    remarks.push({
      code: "half-identity",
      pointer: at,
      message: "has no subject: everyone whom the issuer knows may sign",
    });
  else if (!hasIssuer)
    remarks.push({
      code: "half-identity",
      pointer: at,
      message: "has no issuer: any issuer's word for the subject counts",
    });
  for (const [exact, pattern, name] of [
    [subject, subjectRegExp, "subject"],
    [issuer, issuerRegExp, "issuer"],
  ] as const) {
    if (given(exact) && given(pattern))
      remarks.push({
        code: "both-forms",
        pointer: pointer(at, name),
        message: `${name} and ${name}RegExp must both match`,
      });
  }
  return remarks;
}

function adviseAttestor(attestor: Attestor, purpose: "signature" | "attestation", limits: Limits): readonly Advice[] {
  const { keys, keyless, attestor: nested } = attestor;
  const blocks = keys?.publicKeys?.match(/-----END (?:RSA )?PUBLIC KEY-----/g)?.length ?? 0;
  return [
    ...(blocks > 1
      ? [
          {
            code: "several-keys",
            pointer: `${attestor.pointer}/keys/publicKeys`,
            message:
              `holds ${blocks} keys: a signature by each of them is needed; use an entry for each and count: 1 ` +
              "to need one",
          } as const,
        ]
      : []),
    ...(keyless === undefined ? [] : adviseKeyless(keyless, pointer(attestor.pointer, "keyless"), limits)),
    ...(purpose === "attestation" && Object.keys(attestor.annotations ?? {}).length > 0
      ? [
          {
            code: "never-passes",
            pointer: pointer(attestor.pointer, "annotations"),
            message: "attestations carry no annotations: no attestation will ever pass",
          } as const,
        ]
      : []),
    ...(nested === undefined ? [] : adviseSets([nested], purpose, limits)),
  ];
}

const adviseSets = (
  sets: readonly AttestorSet[],
  purpose: "signature" | "attestation",
  limits: Limits,
): readonly Advice[] => sets.flatMap((set) => set.entries.flatMap((entry) => adviseAttestor(entry, purpose, limits)));

/** Advice on all attestors of an entry, those of attestations included. */
export const adviseAttestors = (entry: ImageVerification, limits: Limits): readonly Advice[] => [
  ...adviseSets(entry.attestors, "signature", limits),
  ...entry.attestations.flatMap((attestation) => adviseSets(attestation.attestors, "attestation", limits)),
];
