/**
 * Why we differ from cosign 3, by mutation or by case: the row of sigstore.md (HARDEN) or of kyverno.md (sections 15 to
 * 17) that decides.
 */
import type { CaseRow } from "./matrix.ts";

/** The rows, and for each the mutations and the single cases that it decides. */
export const reasons: Readonly<Record<string, readonly string[]>> = {
  "sigstore.md 1.4 HARDEN and kyverno.md 17: an image signature is cosign's own predicate type, or a message signature":
    [
      "certificate-bundle: another predicate type",
      "an attestation where a signature is asked for",
      "key-bundle-blob: right",
    ],
  "kyverno.md 17: every hash that is registered for the key's type is tried, and both forms of Ed25519": [
    ...["key-tag", "key-tag-unlogged", "key-bundle", "key-file", "key-bundle-rekor2"].flatMap((base) =>
      ["p384", "p521", "ed25519"].map((keyType) => `${base}: right, ${keyType}`),
    ),
  ],
  "kyverno.md 17: all layouts are looked at, for attestations too": ["key-artifact-attestation: right"],
  "sigstore.md 11 (1, 5): the logged signature is the verified one, also of an attestation in a layer": [
    "key-tag-attestation-dsse: an entry about another signature",
  ],
  "kyverno.md 17: the statement's own type is checked": ["a statement of another statement type"],
  "kyverno.md 17: what is not asked for is not read": [
    "key-tag-unlogged: a certificate that is no certificate",
    "key-tag-unlogged: an entry that is junk",
    "key-tag-unlogged: a timestamp that is junk",
    "a chain that is junk",
  ],
  "kyverno.md 17: one set of expectations for every layout: any name of the certificate may be the subject": [
    "certificate-file-rekor2: another mailbox and our name",
    "certificate-file-rekor2: our name and a URI",
  ],
  "kyverno.md 17: one set of expectations for every layout: the period of an authority holds for layers too": [
    "certificate-tag: an authority that is not trusted any more",
  ],
  "kyverno.md 17: an issuer in Fulcio's extension 8 alone is read": [
    "certificate-tag: the issuer in the new extension alone",
  ],
  "sigstore.md 5.4 HARDEN: two issuer extensions must be equal": [
    "two issuers, ours in the old extension",
    "two issuers, ours in the new extension",
  ],
  "sigstore.md 3.1 HARDEN: only canonical names and padded standard base64": [
    "a field in snake case",
    "a signature in base64 for URLs",
    "a digest in base64 without padding",
  ],
  "sigstore.md 3.3 HARDEN: no self-signed certificate in a chain": ["a root in the chain"],
  "sigstore.md 3.3 HARDEN: the stated kind must be the body's": ["a kind that is not the body's"],
  "sigstore.md 7.2 HARDEN: size, origin and name of a checkpoint are compared": [
    "a proof that states another size",
    "a checkpoint that states another size",
    "a checkpoint of another origin",
    "a checkpoint signed by another name",
  ],
  "sigstore.md 7.5 HARDEN: timestamps must lie in the period of a Rekor v2 log's key": [
    "v2: a log that was retired before",
  ],
  "sigstore.md 7.5, C2SP tlog-checkpoint: a size has no leading zeros": [
    "v2: a checkpoint that states a size with a leading zero",
  ],
  "sigstore.md 8 HARDEN: signed attributes with content type and the certificate's hash": [
    "no signed attributes",
    "no name of the certificate among the attributes",
    "another certificate's name among the attributes",
    "another content type among the attributes",
    "another content type",
  ],
  "sigstore.md 8, RFC 5652 5.1, 5.3 and 11: versions, digests and attributes of signed data are as the standard says": [
    "a digest that was not announced",
    "signed data of version 1",
    "an attribute twice",
    "an empty attribute behind",
  ],
  "sigstore.md 8, RFC 3161 2.4.2: a statement has version 1, and a critical extension that nobody knows is refused": [
    "a critical extension in the statement",
    "a statement of version 2",
  ],
  "sigstore.md 5.1 HARDEN and kyverno.md 17: a leaf names code signing, and its key may sign": [
    "a leaf without purpose",
    "a leaf for any purpose",
    "a leaf whose key does not sign",
  ],
  "sigstore.md 6.2 HARDEN: certificate timestamps by SHA-256 only": ["a certificate timestamp by SHA-512"],
  "sigstore.md 11 (64): a digest is 64 hexadecimal digits in lower case": [
    "key-file-attestation: a statement whose digest is in capitals",
  ],
};

const byName = new Map(
  Object.entries(reasons).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
);

export const reasonFor = ({ id, mutation }: CaseRow): string | undefined =>
  byName.get(id) ?? (mutation === undefined ? undefined : byName.get(mutation));
