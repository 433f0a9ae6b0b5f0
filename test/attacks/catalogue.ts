/**
 * Attacks on verifiers of signed images, known or expected, with what is required of this one. Each has a test in this
 * folder, or says what it waits for.
 */

import { furtherAttacks, furtherGroups } from "./further-attacks.ts";

export interface CatalogueRow {
  readonly number: number;
  readonly attack: string;
  readonly required: string;
  /** The part of the project, not built yet, without which nothing can be attacked. */
  readonly waits?: string;
  /** The part that will bring a further place to attack, beside what is tested. */
  readonly rest?: string;
}

export const groups: readonly (readonly [from: number, title: string])[] = [
  [1, "Binding of log evidence"],
  [24, "Time and certificates"],
  [45, "Timestamps"],
  [54, "Payloads and attestations"],
  [68, "Resource exhaustion"],
  [77, "Registries and references"],
  [87, "TUF"],
  [95, "Admission"],
  ...furtherGroups,
];

const row = (number: number, attack: string, required: string, rest?: string): CatalogueRow => ({
  number,
  attack,
  required,
  ...(rest === undefined ? {} : { rest }),
});

const onTheWire = "the registry client, which reads from the wire";
const inTheCluster = "the admission webhook, whose two requests ask at two times";

export const catalogue: readonly CatalogueRow[] = [
  row(
    1,
    "CVE-2022-23649: the valid log entry of another signature is attached",
    "the logged signature is the verified one",
  ),
  row(
    2,
    "CVE-2022-36056: a foreign log entry, ignored identity flags, or an invalid entry end in success",
    "everything that is asked for is verified, identity always",
  ),
  row(
    3,
    "CVE-2026-22703: any entry with a valid promise, in an old bundle under a trusted root",
    "digest, signature and key are compared on every path",
  ),
  row(4, "same signature and certificate, an entry about another artifact", "the logged digest is the artifact's"),
  row(5, "the same payload signed again with the same key", "the logged signature is the given one byte for byte"),
  row(
    6,
    "the payload type of an envelope is exchanged",
    "only the known type counts, and it is part of what is signed",
  ),
  row(7, "an entry declares another kind than its body has", "the kind is that of the body, and both agree"),
  row(8, "one entry twice, or many of one log, to reach a threshold", "distinct logs count"),
  row(9, "many SCTs of one log, or one SCT counted along many chains", "distinct logs count"),
  row(10, "the integrated time of an entry without promise is taken for a time", "only a verified promise gives time"),
  row(
    11,
    "the integrated time lies outside the certificate's validity",
    "the certificate is valid at every established time, both ends included",
  ),
  row(12, "a proof with the attacker's root and no signed checkpoint", "the root is that of a signed checkpoint"),
  row(13, "a valid checkpoint of another log or tree", "root, key hint and origin agree"),
  row(14, "the name on a log's signature is exchanged", "name, hint and origin belong to the key"),
  row(15, "the name of a checkpoint acts as a pattern or part of a name", "names are equal or not"),
  row(16, "log indices that are negative, huge, fractional or oddly written", "a decimal 64-bit integer, zero or more"),
  row(
    17,
    "proofs of a wrong length, or hashes of a wrong size",
    "exactly as many hashes as the tree needs, 32 bytes each",
  ),
  row(18, "the content of a leaf passes for a node", "leaves and nodes are hashed under different prefixes"),
  row(
    19,
    "an entry that logs no signature passes as proof of signing",
    "it proves the key and the payload only, and says so",
  ),
  row(20, "the log itself supplies its key", "keys come from trust alone"),
  row(21, "a Rekor v2 entry with a planted integrated time", "its time comes from a timestamp alone"),
  row(22, "numbers that a promise's canonical form does not have", "integers in one spelling"),
  row(23, "proof and promise of one entry disagree", "a wrong proof or promise refuses the entry"),
  row(
    24,
    "CVE-2026-24122: the issuing authority expired before the leaf was used",
    "every certificate of the chain is valid at the established time",
  ),
  row(25, "a chain is judged at the leaf's notBefore, its expiry never", "a certificate is judged at a real time"),
  row(
    26,
    "GHSA-wqqc-jjcq-vfxm: a key is used outside of its validity",
    "every established time lies within the key's validity",
  ),
  row(
    27,
    "validity windows of the trusted root are ignored or half open",
    "closed intervals; a log without a start is refused",
  ),
  row(28, "a root or intermediate brought along is trusted", "roots come from trust or the policy alone"),
  row(29, "a leaf without code signing, or an authority that forbids it", "extended key usage holds along the chain"),
  row(30, "an end entity issues a certificate", "basic constraints and key usage of every issuer"),
  row(31, "an unknown critical extension", "refused"),
  row(32, "name constraints: cost, wrong matches, crashes", "bounded, and right or refused"),
  row(
    33,
    "CVE-2026-32280: many intermediates blow up the search for a path",
    "bounded numbers of certificates and signature checks",
  ),
  row(34, "a certificate with several names", "exactly one subject alternative name"),
  row(35, "the two issuer extensions differ", "both agree"),
  row(
    36,
    "an unanchored regular expression matches a hostile address",
    "patterns are matched whole, or the policy is advised",
  ),
  row(37, "CVE-2025-29778: subjectRegExp and issuerRegExp are ignored", "every given constraint is evaluated"),
  row(
    38,
    "CVE-2026-48815: a constraint on extensions is dropped",
    "every given constraint is evaluated; an unknown field is an error",
  ),
  row(39, "a certificate without a name skips the test of the subject", "what is missing matches nothing"),
  row(
    40,
    "a wildcard identity meets a longer name, or one with control characters",
    "the whole text matches; control characters are refused",
  ),
  row(41, "another name of a foreign type, or two of them", "refused"),
  row(42, "encodings that parsers read differently", "DER in its one form"),
  row(
    43,
    "no SCT, one about another issuer, or extensions left out of what it signs",
    "the signed precertificate is rebuilt exactly",
  ),
  row(44, "a precertificate is used as a certificate", "poison refuses"),
  row(
    45,
    "CVE-2026-39984: a certificate put first in the token's bag is judged in the signer's place",
    "the actual signer is judged",
  ),
  row(46, "a timestamp of other data", "the imprint is the signature's hash"),
  row(47, "an unknown authority that brings its chain", "roots come from trust alone"),
  row(48, "a signer that is an authority, or whose usage is not timestamping alone and critical", "refused"),
  row(49, "a token without signed attributes, or with another content type", "refused"),
  row(50, "an imprint by SHA-1", "refused"),
  row(51, "two timestamps of one authority to reach a threshold", "distinct authorities count"),
  row(52, "required timestamps are satisfied by there being none", "absence is a failure"),
  row(53, "an authority that has expired since, or had expired before", "judged at the time that it states"),
  row(
    54,
    "CVE-2022-35929, CVE-2022-35930: an attestation of any type satisfies a required type",
    "one of the type is there, and holds",
  ),
  row(
    55,
    "CVE-2026-39395: a malformed payload or another predicate is reported as verified",
    "parsed and compared before anything is proven",
  ),
  row(56, "an attestation passes for an image's signature", "the predicate type decides"),
  row(57, "a statement with two subjects, of which the wrong one is read", "the matching subject alone counts"),
  row(58, "a subject known by a weak digest only", "sha256 is required"),
  row(
    59,
    "duplicate keys, which verifier and policy read differently",
    "refused; conditions see the verified document itself",
  ),
  row(60, "names such as __proto__ in payloads, annotations and labels", "they are names like any other"),
  row(61, "several base64 texts for one content", "one text, line ends aside; digests are of the decoded bytes"),
  row(62, "lengths in characters instead of bytes", "bytes"),
  row(63, "an envelope with several signatures, one of which verifies", "exactly one signature"),
  row(64, "digests in other spellings or lengths", "sha256 and 64 lower-case digits"),
  row(
    65,
    "the payload of another repository with the same digest",
    "allowed, as in cosign: the digest is what is signed",
  ),
  row(66, "null, lists and numbers where objects should be", "refused, never a crash"),
  row(67, "intoto 0.0.2: content in base64 twice", "decoded as its layer demands"),
  row(68, "CVE-2023-46737: endless signatures", "bounded lists"),
  row(69, "CVE-2024-29902: a huge attachment", "bounded before it is read", onTheWire),
  row(70, "CVE-2024-29903: a manifest with very many layers", "bounded before anything is allocated"),
  row(71, "CVE-2024-45395: thousands of log entries, timestamps, subjects", "bounded counts"),
  row(72, "a compressed layer that expands without end", "nothing is decompressed"),
  row(73, "patterns, keys and nesting that cost without bound", "linear patterns, bounded keys and depths"),
  row(
    74,
    "CVE-2025-66564, CVE-2023-30551, CVE-2023-33199: inputs that exhausted servers",
    "parsers refuse them in bounded time",
  ),
  row(
    75,
    "CVE-2023-42813 to 42816: a registry's answers crash the verifier",
    "bounded reads for every media type",
    onTheWire,
  ),
  row(76, "cost parameters in an encrypted key file", "a fixed list"),
  row(
    77,
    "CVE-2022-47633: one digest is verified, another admitted",
    "resolved once; what was verified is what runs",
    inTheCluster,
  ),
  row(78, "CVE-2023-47630: the registry chooses the digest", "the bytes are hashed here", inTheCluster),
  row(79, "a tag is resolved again between verification and use", "one resolution for each decision"),
  row(80, "the referrers list another image's bundle", "the subject's digest is compared"),
  row(81, "the fallback tag is overwritten or deleted", "absence never means clean"),
  row(82, "bundles are removed so that a weaker format is used", "what the policy asks for holds in every format"),
  row(83, "images of one repository for signatures collide", "the digest in the tag is the key"),
  row(84, "an unsigned platform of a signed index", "what runs is what was verified"),
  row(85, "names of targets and digests that leave their folder", "validated names, storage by content"),
  row(
    86,
    "credentials go to a host whose name contains the right one",
    "hosts are equal or not",
    "the registry client, which has credentials",
  ),
  row(87, "CVE-2026-23992: a threshold of zero", "at least one"),
  row(
    88,
    "one key under several identifiers, or a signature twice",
    "distinct keys count; a repeated identifier is refused",
  ),
  row(89, "CVE-2022-29173: rollback of roles other than the root", "compared with the versions that were seen"),
  row(90, "CVE-2024-47534: delegations in another order", "depth first, in the order of the list"),
  row(91, "CVE-2025-2885: a root whose version is not the one asked for", "exactly one more"),
  row(92, "an old timestamp, validly signed, freezes the mirror", "expiry or budget, and floors"),
  row(93, "another canonical form, or recomputed identifiers", "OLPC canonical JSON; identifiers are opaque"),
  row(94, "versions beyond what a double holds", "exact integers"),
  row(95, "an annotation that claims the image was verified", "results are computed, never read from the object"),
  row(
    96,
    "a remembered verification skips deny conditions",
    "only signatures are remembered; conditions are evaluated each time",
  ),
  row(97, "what finds evidence is taken for having verified it", "only proven statements reach a condition"),
  row(98, "a count of zero, or no entries", "a count of one or more; an empty list fails"),
  row(99, "images in init and ephemeral containers or custom resources are not checked", "all are"),
  row(100, "an error counts as not applicable", "an error is not a skip; under Enforce it denies"),
  ...furtherAttacks.map(([attack, required], index) => row(101 + index, attack, required)),
];
