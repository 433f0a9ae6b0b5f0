/** Why we differ from cosign 3, by mutation or by case: the section of `docs/spec` that decides, and its rule. */
import type { CaseRow } from "./matrix.ts";

/** The rows, and for each the mutations and the single cases that it decides. */
export const reasons: Readonly<Record<string, readonly string[]>> = {
  "docs/spec/sigstore.md#bundle-referrers: an image signature is cosign's own predicate type, or a message signature": [
    "certificate-bundle: another predicate type",
    "an attestation where a signature is asked for",
    "key-bundle-blob: right",
  ],
  "docs/spec/sigstore.md#hash-for-a-key: every hash registered for a key is tried, and both forms of Ed25519": [
    ...["key-tag", "key-tag-unlogged", "key-bundle", "key-file", "key-bundle-rekor2"].flatMap((base) =>
      ["p384", "p521", "ed25519"].map((keyType) => `${base}: right, ${keyType}`),
    ),
  ],
  "docs/spec/outcomes.md#layouts: all layouts are searched, for attestations too": ["key-artifact-attestation: right"],
  "docs/spec/sigstore.md#rekor-v1-entries: the logged signature is the verified one, also of an attestation in a layer":
    ["key-tag-attestation-dsse: an entry about another signature"],
  "docs/spec/sigstore.md#in-toto-statement: the statement's own type is checked": [
    "a statement of another statement type",
  ],
  "docs/spec/kyverno.md#keys: what is not asked for is not read": [
    "key-tag-unlogged: a certificate that is no certificate",
    "key-tag-unlogged: an entry that is junk",
    "key-tag-unlogged: a timestamp that is junk",
    "a chain that is junk",
  ],
  "docs/spec/sigstore.md#names-in-a-certificate: any name of the certificate may be the subject": [
    "certificate-file-rekor2: another mailbox and our name",
    "certificate-file-rekor2: our name and a URI",
  ],
  "docs/spec/kyverno.md#layout-expectations: the period of an authority holds for layers too": [
    "certificate-tag: an authority that is not trusted any more",
  ],
  "docs/spec/sigstore.md#fulcio-extensions: an issuer in Fulcio's extension 8 alone is read": [
    "certificate-tag: the issuer in the new extension alone",
  ],
  "docs/spec/sigstore.md#fulcio-extensions: two issuer extensions must be equal": [
    "two issuers, ours in the old extension",
    "two issuers, ours in the new extension",
  ],
  "docs/spec/sigstore.md#strict-json: only canonical names and padded standard base64": [
    "a field in snake case",
    "a signature in base64 for URLs",
    "a digest in base64 without padding",
  ],
  "docs/spec/sigstore.md#sigstore-bundle: no self-signed certificate in a chain": ["a root in the chain"],
  "docs/spec/sigstore.md#sigstore-bundle: the stated kind must be the body's": ["a kind that is not the body's"],
  "docs/spec/sigstore.md#inclusion-proof-and-checkpoint: size, origin and name of a checkpoint are compared": [
    "a proof that states another size",
    "a checkpoint that states another size",
    "a checkpoint of another origin",
    "a checkpoint signed by another name",
  ],
  "docs/spec/sigstore.md#rekor-v2-entries: timestamps must lie in the period of a Rekor v2 log's key": [
    "v2: a log that was retired before",
  ],
  "docs/spec/sigstore.md#inclusion-proof-and-checkpoint: a size has no leading zeros": [
    "v2: a checkpoint that states a size with a leading zero",
  ],
  "docs/spec/sigstore.md#rfc-3161-timestamps: signed attributes with content type and the certificate's hash": [
    "no signed attributes",
    "no name of the certificate among the attributes",
    "another certificate's name among the attributes",
    "another content type among the attributes",
    "another content type",
  ],
  "docs/spec/sigstore.md#rfc-3161-timestamps: versions, digests and attributes are as RFC 5652 says": [
    "a digest that was not announced",
    "signed data of version 1",
    "an attribute twice",
    "an empty attribute behind",
  ],
  "docs/spec/sigstore.md#rfc-3161-timestamps: version 1, and no critical extension that is not known": [
    "a critical extension in the statement",
    "a statement of version 2",
  ],
  "docs/spec/sigstore.md#certificate-paths: a leaf names code signing, and its key may sign": [
    "a leaf without purpose",
    "a leaf for any purpose",
    "a leaf whose key does not sign",
  ],
  "docs/spec/sigstore.md#signed-certificate-timestamps: certificate timestamps by SHA-256 only": [
    "a certificate timestamp by SHA-512",
  ],
  "docs/spec/sigstore.md#in-toto-statement: a digest is 64 hexadecimal digits in lower case": [
    "key-file-attestation: a statement whose digest is in capitals",
  ],
};

const byName = new Map(
  Object.entries(reasons).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
);

export const reasonFor = ({ id, mutation }: CaseRow): string | undefined =>
  byName.get(id) ?? (mutation === undefined ? undefined : byName.get(mutation));
