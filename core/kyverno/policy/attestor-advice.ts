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
        `${JSON.stringify(text)} matches anywhere in the name, as in Kyverno; to match the whole name, write ^ ` +
        "before it and $ after it",
    },
  ];
}

/** A star that matches more than it seems to: inside a name, or right after a part of one. */
function adviseWildcard(text: string | undefined, at: string): readonly Advice[] {
  if (!given(text) || !containsWildcard(text) || text === "*") return [];
  // `*@example.com` is a documented form.
  const inside = /\*(?!$)/.test(text.replace(/^\*@/, "@"));
  const halfSegment = /:\/\//.test(text) && /[A-Za-z0-9_-]\*$/.test(text) && !text.includes("@");
  if (!inside && !halfSegment) return [];
  const effect = inside ? 'a * matches any text, "/" and "@" included' : "the last * also matches longer names";
  return [
    {
      code: "wildcard-crosses-slash",
      pointer: at,
      message: `${JSON.stringify(text)}: ${effect}; write the fixed part in full`,
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
      message: "has neither subject nor issuer: anyone with a certificate from its roots can sign",
    });
  else if (!hasSubject)
    remarks.push({
      code: "half-identity",
      pointer: at,
      message: "has no subject: anyone who can log in at the issuer can sign",
    });
  else if (!hasIssuer)
    remarks.push({
      code: "half-identity",
      pointer: at,
      message: "has no issuer: a certificate for this subject from any issuer is accepted",
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
              `holds ${blocks} keys, and a signature by each of them is required; to accept any one of them, ` +
              "write an entry for each and count: 1",
          } as const,
        ]
      : []),
    ...(keyless === undefined ? [] : adviseKeyless(keyless, pointer(attestor.pointer, "keyless"), limits)),
    ...(purpose === "attestation" && Object.keys(attestor.annotations ?? {}).length > 0
      ? [
          {
            code: "never-passes",
            pointer: pointer(attestor.pointer, "annotations"),
            message: "attestations have no annotations, so none can ever pass; remove them",
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
