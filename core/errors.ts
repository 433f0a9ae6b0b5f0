/**
 * The one error class, the one table of codes, and what to do about each. Codes are public API: kebab-case words, added
 * freely, never renamed or reused. `docs/codes.md` is generated from this table.
 */

/**
 * A code's answer to "is this image trusted?": `refuted` is a rule's `fail`, `unknown` is its `error`. The others never
 * reach a rule.
 */
export type CodeTruth = "refuted" | "unknown" | "usage" | "store" | "trust" | "warning" | "bug";

export interface CodeRow {
  readonly truth: CodeTruth;
  /** `artifact`: `failurePolicy: Ignore` overlooks it, for questions about artifacts and the cluster only. */
  readonly ignorable: "artifact" | "never";
  /** Exit code of `verify` and `verify-attestation`. */
  readonly exit: number;
  readonly when: string;
}

const refuted = (exit: number, when: string) => ({ truth: "refuted", ignorable: "never", exit, when }) as const;
const outage = (exit: number, when: string) => ({ truth: "unknown", ignorable: "artifact", exit, when }) as const;
const unknown = (exit: number, when: string) => ({ truth: "unknown", ignorable: "never", exit, when }) as const;
const usage = (when: string) => ({ truth: "usage", ignorable: "never", exit: 2, when }) as const;
const store = (when: string) => ({ truth: "store", ignorable: "never", exit: 6, when }) as const;

/** Every code, in the order of the documentation. */
export const codes = {
  "no-signature": refuted(10, "every layout answered, none holds a signature for this digest"),
  "image-not-found": refuted(11, "the source said that the tag or the manifest does not exist"),
  "wrong-key": refuted(12, "a signature exists, its bytes do not verify under the required key"),
  "bad-signature": refuted(12, "a certificate's own key does not verify the signature that carries it"),
  "wrong-identity": refuted(12, "subject, issuer, an extension or one of their patterns does not match"),
  "wrong-annotations": refuted(12, "the signed claims lack a required annotation"),
  "wrong-digest": refuted(12, "the signed payload or statement names another digest"),
  "untrusted-certificate": refuted(12, "no path to an allowed authority, or a constraint of the path fails"),
  "certificate-not-valid-then": refuted(12, "outside its validity at every established time"),
  "no-certificate": refuted(13, "the policy is keyless or by certificate, the signature carries none"),
  "no-log-proof": refuted(14, "the required log entry is absent"),
  "bad-log-proof": refuted(14, "the log entry does not verify"),
  "no-sct": refuted(14, "the required signed certificate timestamp is absent"),
  "bad-sct": refuted(14, "no signed certificate timestamp verifies"),
  "no-timestamp": refuted(14, "the required RFC 3161 timestamp is absent"),
  "bad-timestamp": refuted(14, "the RFC 3161 timestamp does not verify"),
  "no-attestation": refuted(10, "no attestation of the predicate type"),
  "condition-failed": refuted(15, "the predicate was read, a condition is false or cannot be resolved"),
  distrusted: refuted(12, "on the distrust list"),
  malformed: refuted(
    12,
    "a document, or a key, certificate, expression or scheme in an attestor entry, breaks its format",
  ),
  "over-limit": refuted(12, "well-formed, but larger, deeper or more than a bound of limits.ts"),
  "missing-digest": refuted(1, "verifyDigest asks for a digest in the image reference"),
  "unverified-image": refuted(1, "required asks for a verified image"),
  "not-in-mirror": outage(5, "never asked, and there is nobody to ask"),
  unreachable: outage(5, "name resolution, connection refused or reset"),
  "timed-out": outage(5, "the asker's deadline passed"),
  "rate-limited": outage(5, "the upstream answered 429"),
  "upstream-error": outage(5, "the upstream answered 408 or 5xx"),
  "access-denied": unknown(4, "the upstream answered 401 or 403, or the policy cannot make serve ask it"),
  "tls-failure": unknown(5, "the upstream's certificate does not verify"),
  "no-trust": unknown(3, "no usable trusted root for what the evidence names"),
  stale: unknown(3, "a freshness budget is spent"),
  "no-key": unknown(5, "a k8s://, KMS or file key could not be read"),
  unresolved: unknown(1, "a variable, context entry or extraction expression could not be resolved"),
  overloaded: unknown(1, "the webhook shed the request or its deadline passed"),
  "over-budget": unknown(1, "an evaluation used up its step or depth budget, or settle its rounds"),
  "invalid-usage": usage("the command line is wrong"),
  "invalid-config": usage("the configuration is wrong"),
  "invalid-policy": usage("a policy does not load"),
  unsupported: usage("a valid feature that this program does not have"),
  "invalid-reference": usage("an image reference on the command line does not parse"),
  "mirror-corrupt": store("the mirror's file or a row of it is damaged"),
  "mirror-busy": store("another process writes to the mirror"),
  "mirror-version": store("the mirror's schema is not that of this program"),
  "archive-corrupt": store("an archive's content does not match its manifest"),
  "archive-signature": store("an archive's signature does not verify"),
  "archive-sequence": store("an archive is out of sequence"),
  "archive-incomplete": store("a part or an entry of an archive is missing"),
  rollback: { truth: "trust", ignorable: "never", exit: 3, when: "older than what was seen before" },
  "bad-threshold": { truth: "trust", ignorable: "never", exit: 3, when: "too few valid signatures on trust metadata" },
  "clock-behind": {
    truth: "warning",
    ignorable: "never",
    exit: 0,
    when: "this machine's clock is behind the newest signed time seen",
  },
  "dialled-offline": {
    truth: "bug",
    ignorable: "never",
    exit: 70,
    when: "something tried to open a connection in offline mode",
  },
} as const satisfies Record<string, CodeRow>;

export type ErrorCode = keyof typeof codes;

/** The row of a code, with its literal types widened. */
export const codeRow = (code: ErrorCode): CodeRow => codes[code];

/**
 * What to do about a code, whatever its subject. Backquotes hold what is typed as it stands: a command of this program,
 * one of its flags, a field of a policy. Words in capitals are to be replaced.
 */
export const fixes: Readonly<Record<ErrorCode, string>> = {
  "no-signature": "sign the image, or bring its signature in: `sallyport mirror add --store STORE IMAGE=LAYOUT`",
  "image-not-found": "correct the tag, or name the image by its digest",
  "wrong-key": "give the key that signed, or have the image signed again with this one",
  "bad-signature": "copy the signature from its source again; if it is broken there too, have the image signed again",
  "wrong-identity": "correct the identity that is asked for, or have the image signed by it; both are in the message",
  "wrong-annotations": "have the image signed with these annotations, or ask for those that were signed",
  "wrong-digest": "have this digest signed, or use the digest that was signed",
  "untrusted-certificate":
    "give the authority that issued the certificate: `--ca-roots FILE`, `roots` in the policy, or a trusted " +
    "root that has it (`--trusted-root FILE`)",
  "certificate-not-valid-then": "sign while the certificate is valid, with a log entry or a timestamp that proves when",
  "no-certificate": "give the key that signed (`--key FILE`, `keys` in the policy), or have the image signed keyless",
  "no-log-proof":
    "sign with upload to the log, or accept signatures without an entry: `--insecure-ignore-tlog`, or " +
    "`rekor.ignoreTlog: true` in the policy",
  "bad-log-proof":
    "bring the signature again from where it came; if its log is another one, give the log's key: `rekor.pubkey` in " +
    "the policy, or a trusted root that has it (`--trusted-root FILE`)",
  "no-sct":
    "if the authority keeps no certificate log, ask for no such timestamp: `--insecure-ignore-sct`, or " +
    "`ctlog.ignoreSCT: true` in the policy",
  "bad-sct":
    "give the key of the certificate log: `ctlog.pubkey` in the policy, or a trusted root that has it " +
    "(`--trusted-root FILE`)",
  "no-timestamp": "sign with a timestamp authority, or ask for no timestamp",
  "bad-timestamp":
    "give the chain of the timestamp authority: `--timestamp-certificate-chain FILE`, or `ctlog.tsaCertChain` in the " +
    "policy",
  "no-attestation":
    "attest the image with this type, or ask for a type that it has: `--type TYPE`, `type` in the policy",
  "condition-failed": "correct what the attestation says and attest again, or correct the condition at its line",
  distrusted: "use another image or signer; `sallyport mirror distrust ls --store STORE` has the reasons",
  malformed: "correct what the message names; if it came from elsewhere, copy it again or have it made again",
  "over-limit": "make what the message names smaller or fewer; it is larger than anything that is read",
  "missing-digest": "name the image by its digest, or let the policy pin it: `mutateDigest: true`",
  "unverified-image": "see what the same rule reports for this image; when that is mended, this is too",
  "not-in-mirror": "bring what is missing into the mirror: `sallyport mirror add --store STORE IMAGE=LAYOUT`",
  unreachable: "check the address and the network, then ask again",
  "timed-out": "ask again, or allow more time: `--timeout 10m`",
  "rate-limited": "wait, then ask again",
  "upstream-error": "try again; if it persists, tell those who run the upstream",
  "access-denied": "log in with credentials that may read this; a file must be readable for this user",
  "tls-failure":
    "give the authority of the server's certificate: `--registry-cacert FILE`, for servers that are no registries " +
    "NODE_EXTRA_CA_CERTS=FILE; or have the certificate corrected",
  "no-trust":
    "give the trusted root: `--trusted-root FILE`, or `sallyport trust import --store STORE --name NAME FILE`",
  stale:
    "bring what is newer: of trusted roots `sallyport trust update --store STORE`, across a gap " +
    "`sallyport trust import --store STORE FOLDER`; of a mirror a new sync, or a newer archive; or accept the age: " +
    "`--max-trust-age 180d`",
  "no-key": "pin the key: `sallyport mirror pin-key --store STORE REFERENCE FILE`",
  unresolved: "set what the expression reads, or give a default in it: `{{ NAME || 'VALUE' }}`",
  overloaded: "send the request again; what was verified meanwhile is remembered",
  "over-budget": "make the expression or the resource smaller",
  "invalid-usage": "see `sallyport COMMAND --help`",
  "invalid-config": "correct the setting that is named",
  "invalid-policy": "correct the place that is named; `sallyport policy check FILE` says whether it loads",
  unsupported: "leave it out; the message says what there is in its place",
  "invalid-reference": "write it as registry/repository:tag or registry/repository@sha256:DIGEST",
  "mirror-corrupt":
    "see what is damaged and what mends it: `sallyport mirror check --store STORE`; if nothing does, fill a new " +
    "folder as this one was filled: by import, snapshot pull, mirror sync or mirror add",
  "mirror-busy": "wait until the other process is done, or end it",
  "mirror-version":
    "a newer mirror: use the version of sallyport that wrote it, or another folder, `--store FOLDER`; an older one: " +
    "bring it up to date by a command that may write to it, `sallyport mirror gc --store FOLDER --yes`, and one of a " +
    "snapshot by `sallyport snapshot pull PLACE --store FOLDER --key PUBLIC`",
  "archive-corrupt": "copy it again from where it came, and compare checksums on both sides",
  "archive-signature":
    "ask those who make the archives for the fingerprint of their key: if it is the one that signed, give their " +
    "public key with `--key PUBLIC`; if it is not, do not use this one",
  "archive-sequence": "bring the archives that come before it first",
  "archive-incomplete": "copy the missing part again from where it came",
  rollback: "fetch newer metadata; if this should be the newest, the server hands out old files: tell its operators",
  "bad-threshold":
    "start from the root that the maintainers published: `--tufRoot FILE`; if you did, this metadata is not theirs",
  "clock-behind": "set this machine's clock",
  "dialled-offline": "report it with the command line: nothing may dial here",
};

/** What to do where more is known than the code says. */
export const remedies = {
  artifact:
    "bring it in where there is a network: `sallyport mirror sync --store STORE IMAGE`; or from a layout: " +
    "`sallyport mirror add --store STORE IMAGE=LAYOUT`; with `--complete` the layout has all that hangs on its " +
    "images, with `--complete=repository` all of their repositories",
  "of-snapshot":
    "bring it into the mirror of which this is a snapshot, and push that: " +
    "`sallyport mirror sync --store MIRROR IMAGE`, then `sallyport snapshot push PLACE --store MIRROR --key KEY`",
  "sign-snapshot":
    "sign the image where nobody has yet, then bring the signature into the mirror of which this is a snapshot, and " +
    "push that: `sallyport mirror sync --store MIRROR IMAGE`, then " +
    "`sallyport snapshot push PLACE --store MIRROR --key KEY`",
  "of-capsule":
    "bring it into the mirror that capsules are made of, then make the next one there: " +
    "`sallyport capsule update OLD --old-key PUBLIC --store MIRROR --key KEY -f NEW`",
  "of-record":
    "bring it into the mirror that decided: `sallyport mirror add --store MIRROR LAYOUT`, a sync, an archive; where " +
    "a capsule decided, into the mirror that it was made of, and make the next one: `sallyport capsule update OLD " +
    "--old-key PUBLIC --store MIRROR --key KEY -f NEW`",
  "other-tag":
    "ask for a tag that is here, or bring this one in: `sallyport mirror sync --store STORE IMAGE`, or " +
    "`sallyport mirror add --store STORE IMAGE=LAYOUT`",
  "new-mirror": "fill a new folder as this one was filled: by import, snapshot pull, mirror sync or mirror add",
  sign: "sign the image, and push the signature to its registry",
  "sign-or-expect":
    "sign the image, and push the signature to its registry; where nobody signs it, say so in the list: " +
    "`expect=unsigned`",
  "signed-now": "take `expect=unsigned` out of the list: this image has a signature",
  "tag-moved": "see who moved the tag, and whether they were to; name an image by its digest where it must not change",
  "mirror-differs":
    "have the mirror copy the image again, see who moved which tag, or name the image by the digest that is meant",
  "tag-gone": "see who removed the tag; name the image by a tag that is there, or by its digest",
  "no-such-image": "correct the name or the tag in the list, or take the image out of it",
  "old-mirror":
    "bring what is known now: import a newer archive, or, where there is a network, sync again " +
    "(`sallyport mirror sync --store STORE -f LIST`)",
  "old-checkpoint":
    "bring a newer checkpoint of the log: it comes with an archive; a log whose checkpoints carry no time cannot " +
    "meet this budget",
  "too-young": "wait until the time in the message, or lower `sallyport.dev/min-signature-age` in the policy",
  "no-age":
    "sign with a timestamp authority, or with a log that signs its times; a log entry that `ignoreTlog` ignores " +
    "gives no time",
  "policy-trust-age":
    "fetch fresh metadata where there is a network (`sallyport trust update --store STORE`) and bring it here " +
    "(`sallyport trust import --store STORE FOLDER`), or raise `sallyport.dev/max-trust-age` in the policy",
  "sync-again": "run the sync again; if it is missing then too, `--verbose` shows who was asked and what came back",
  "image-name":
    "write the name that Pods use, with its registry, before the layout: `sallyport mirror add --store STORE " +
    "REGISTRY/REPOSITORY:TAG=LAYOUT`, or `--layout REGISTRY/REPOSITORY:TAG=LAYOUT`",
  "no-source":
    "no mirror or layout was named: give `--store STORE`, `--layout LAYOUT` or SALLYPORT_STORE; with a network, ask " +
    "the registry: `--online`",
  completeness: "if the layout has all that hangs on the image, say so with `--complete`; otherwise add the rest",
  "docker-archive":
    "leave `--complete` out; or bring the image with its signatures: `cosign save IMAGE --dir LAYOUT`, and then " +
    "`sallyport mirror add --store STORE IMAGE=LAYOUT --complete`",
  "wider-claim":
    "name the repository as the layout does, or claim it whole: `sallyport mirror add --store STORE " +
    "REPOSITORY=LAYOUT --complete=repository`",
  "held-beyond":
    "add it without `--complete`, or save the image again with all that hangs on it: `cosign save IMAGE --dir LAYOUT`",
  "more-time":
    "ask for longer, `--timeout 10m`, or for fewer images at a time; with `--store STORE` what is fetched is kept in " +
    "a mirror, and not in memory",
  cluster: "give it with `--cluster-resource FILE`",
  "pinned-secret":
    "pin the key: `sallyport mirror pin-key --store STORE REFERENCE FILE`; apply, test and explain also take the " +
    "Secret: `--cluster-resource FILE`",
  "may-ask":
    "let a ClusterPolicy name it, or list it in the configuration of serve under `policies.mayAsk`, once you have " +
    "seen whose it is",
  "key-file": "put the public key, as PEM, where the policy says that it is",
  "log-entry":
    "accept signatures without a log entry: `--insecure-ignore-tlog`, or `rekor.ignoreTlog: true` in the policy; or " +
    "have the image signed with upload to the log",
  attestations:
    "it has attestations: `sallyport verify-attestation --type TYPE IMAGE`, or `attestations` in the policy",
  path: "name a file or folder that is there, and that this user may use",
  "utf-16": "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE`",
  archive: "unpack it, and give what is in it",
  "own-archive": "bring it into a mirror: `sallyport import FILE`; look at it: `sallyport archive inspect FILE`",
  "a-record": "decide again from it: `sallyport replay FILE`; see why: `sallyport explain FILE`",
  layout: "bring it into a mirror: `sallyport mirror add FILE`; or decide from it: `--layout FILE`",
  "mirror-file": "where a mirror is wanted, name its folder, which holds the file mirror.db: `--store FOLDER`",
  "mirror-folder": "name it where a mirror is wanted: `--store FILE`",
  "policy-file": "`sallyport policy check FILE` reads it, and `sallyport apply FILE -r RESOURCE` decides by it",
  capsule: "look at it: `sallyport capsule inspect FILE`; decide from it: `--capsule FILE`",
  record: "copy it again from where it was written: this copy cannot be trusted",
  "record-file":
    "give a record, as `sallyport apply --record DIR` writes it; if this is one, copy it again: this copy cannot be " +
    "trusted",
  "raised-bound":
    "allow as much here, if you trust who made it: `--max-bundle-size SIZE`, with the number of bytes in the message",
  "record-unsigned":
    "without the key it can be replayed, but nothing shows who made it; to sign records, give `--record-key KEY` " +
    "where they are made",
  "capsule-unsigned":
    "have it signed where it is made: `sallyport capsule create -f FILE --key KEY`; without a key `--allow-unsigned` " +
    "takes it, but nothing shows who made it",
  "recorded-secret":
    "keep public keys in Secrets by reference, `k8s://NAMESPACE/NAME`, and other data that policies read in ConfigMaps",
  "new-capsule":
    "make a new capsule, with the next number: `sallyport capsule create --images LIST --policies DIR " +
    "--sequence NUMBER --key KEY -f FILE`; or leave this one unsigned: " +
    "`sallyport capsule update OLD --unsigned -f FILE`",
  "capsule-old-key": "if it is the one that you mean, name no key: `sallyport capsule update OLD --unsigned -f FILE`",
  "capsule-missing":
    "sync what is missing first; where it came by layouts that have all that hangs on the image, say so: " +
    "`sallyport mirror add --store STORE LAYOUT --complete=repository`; or leave it out: `--allow-missing`",
  "capsule-base":
    "name the capsule that it changes before it: `sallyport capsule verify FULL DELTA`, " +
    "and to decide `--capsule FULL --capsule DELTA`",
  "capsule-floor": "use the capsule with that number or a later one; if this should be it, ask those who make them",
  "accept-pins": "see who changed it; if it is right, `sallyport import --accept-pins FILE`",
  "accept-snapshot-pins":
    "see who changed it; if it is right, accept it: `sallyport snapshot pull PLACE --store STORE --accept-pins`, or " +
    "in a server by the digest that the message names: `snapshot.acceptPins`",
  "other-repository":
    "begin a mirror of its own: `sallyport trust update --mirror URL --root FILE --store FOLDER`, or give it another " +
    "name: `sallyport trust update --name NAME --mirror URL --root FILE --store STORE`",
  "snapshot-signature":
    "ask those who push the snapshots for the fingerprint of their key: if it is the one that signed, give it: " +
    "`sallyport snapshot pull PLACE --store STORE --key PUBLIC`, or to a server as `snapshot.keys`; if it is not, do " +
    "not use this one",
  "snapshot-rollback":
    "see who changed the mirror that is pushed; if it is right, pull into a new folder: " +
    "`sallyport snapshot pull PLACE --store FOLDER --key KEY`",
  "archive-forged":
    "copy it again from where it came, and compare checksums on both sides; if it stays so, do not use it",
  "part-twice": "name one of the two",
  "name-parts": "name all parts, in any order: `sallyport import FILE.*`",
  "archive-from-stream": "save it first, and import the file: `cat > FILE`, then `sallyport import FILE`",
  "archive-to-stream":
    "write a file, and send that: `sallyport export -f FILE --key KEY`, then for example " +
    "`ssh HOST 'cat > FILE' < FILE`",
  "from-future":
    "set the clock that is wrong: of this machine (`date`), or of the one that made it, which then makes it again; " +
    "if nobody's is, the key may be stolen: reject it",
  "archive-here": "nothing is to be done",
  "archive-replay":
    "what is here is as new or newer, and nothing is to be done; where `sallyport mirror check` finds damage, import " +
    "a newer full archive",
  "archive-full":
    "bring what is missing in its order, or a full archive, which needs none before it: " +
    "`sallyport export -f FILE --key KEY`",
  "der-key": "convert it to PEM: `openssl pkey -pubin -inform DER -in FILE`",
  "der-certificate": "convert it to PEM: `openssl x509 -inform DER -in FILE`",
  der: "convert it to PEM, in which keys and certificates are given here",
  "private-key": "give the public key: `openssl pkey -in FILE -pubout`",
  "cosign-key": "give cosign.pub, which was made with it, or make that again: `cosign public-key --key FILE`",
  certificate:
    "give the public key in it (`openssl x509 -in FILE -noout -pubkey`), or the certificate as an authority: " +
    "`--ca-roots FILE`",
  "public-key": "give a public key with `--key FILE`",
  "wants-certificate": "give certificates in PEM form: those of the authority, as in `ca.crt` or `ca.pem`",
  "one-key": "give one key, in a file of its own; for several signers write a policy with an entry for each",
  "vouched-file": "this is not the file that you vouched for: do not import it, and compare it with its source",
  "trusted-root":
    "give a trusted root with `--trusted-root FILE`, or pin it in a mirror: `sallyport trust import FILE`",
  "signing-config": "give the trusted_root.json of the same instance; a signing config is for those who sign",
  "tuf-keys":
    "ask the maintainers of this TUF repository for a root with keys of Ed25519, RSA-PSS, or ECDSA on P-256 or P-384",
  "tuf-metadata":
    "give the trusted_root.json that this metadata is about; a TUF root is given with `--tufRoot FILE`, a folder of " +
    "metadata with `--tufMirror FOLDER`",
  "several-documents":
    "put each into a file of its own (`split -l 1 FILE root-`), and import it under a name of its own: " +
    "`sallyport trust import --store STORE --name NAME ROOT`",
  "web-page": "fetch the file again: a server answered with a page",
  "other-file": "give the file that is asked for; see `sallyport COMMAND --help`",
  "no-mirror":
    "name another folder, `--store FOLDER`, or fill this one: `sallyport import --store STORE ARCHIVE --key PUBLIC`, " +
    "`sallyport mirror sync --store STORE -f LIST` or `sallyport mirror add --store STORE IMAGE=LAYOUT`",
  "newer-mirror": "use the newer version of sallyport that wrote it, or another folder: `--store FOLDER`",
  "older-mirror":
    "bring it up to date by a command that may write to it; the old one is kept as a copy: " +
    "`sallyport mirror gc --store FOLDER --yes`",
  "older-snapshot": "`sallyport snapshot pull PLACE --store STORE --key PUBLIC`",
  "older-state": "start `sallyport serve` of this version once",
  "no-snapshot":
    "correct the name or the tag; the mirror of which there should be one pushes it: " +
    "`sallyport snapshot push PLACE --store MIRROR --key KEY`",
  "snapshot-source":
    "change the mirror of which this is a snapshot, and push that: " +
    "`sallyport snapshot push PLACE --store MIRROR --key KEY`",
  "snapshot-sequence":
    "see who moved the registry's tag back; if the mirror that is published was made anew, begin with a new folder",
  "old-by-clock":
    "set this machine's clock; if it is right, sync or import first, or say what stays by other rules, such as " +
    "`sallyport mirror gc --keep-last 3`, alone",
  disk: "make room on the disk or repair it, then do it again",
  sqlite:
    "install the tarball that was made for this platform and this Node; or install python3, make, g++ and Node's " +
    "headers, then sallyport once more, with install scripts allowed (where the headers cannot be downloaded: " +
    "`npm config set nodedir FOLDER`)",
  "store-access": "make the mirror's folder accessible to this user, or name another: `--store FOLDER`",
} as const satisfies Record<string, string>;

export type Remedy = keyof typeof remedies;

/** In place of the above for commands with policies, which do not have every flag of those without. */
export const policyFixes: Readonly<Partial<Record<ErrorCode | Remedy, string>>> = {
  "untrusted-certificate":
    "give the authority that issued the certificate: `roots` in the policy, or a trusted root that has it " +
    "(`--trusted-root FILE`)",
  "no-certificate": "give the key that signed, `keys` in the policy, or have the image signed keyless",
  "no-log-proof":
    "sign with upload to the log, or accept signatures without an entry: `rekor.ignoreTlog: true` in the policy",
  "no-sct":
    "if the authority keeps no certificate log, ask for no such timestamp: `ctlog.ignoreSCT: true` in the policy",
  "bad-timestamp": "give the chain of the timestamp authority: `ctlog.tsaCertChain` in the policy",
  "no-attestation": "attest the image with this type, or ask for a type that it has: `type` in the policy",
  "log-entry":
    "accept signatures without a log entry: `rekor.ignoreTlog: true` in the policy; or have the image signed with " +
    "upload to the log",
};

interface ErrorOptions {
  readonly subject?: string | undefined;
  readonly cause?: unknown;
  readonly remedy?: Remedy | undefined;
}

/**
 * The only error class. `subject` names the thing at fault: an image, a file, a JSON pointer. `remedy` is what helps
 * here, where that is more than what helps against the code.
 */
export class EngineError extends Error {
  override name = "EngineError";
  readonly code: ErrorCode;
  readonly subject: string | undefined;
  readonly remedy: Remedy | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.subject = options.subject;
    this.remedy = options.remedy;
  }
}

/** Callers in plain JavaScript leave options out. @throws EngineError `invalid-usage` naming the first of them. */
export function requireOptions(options: object, ...names: readonly string[]): void {
  for (const name of names)
    if ((options as Record<string, unknown> | undefined)?.[name] == null)
      throw new EngineError("invalid-usage", `the option ${name} is missing`, { subject: name });
}

/** An error in one text: `[no-key] the Secret has no member cosign.pub`. */
export const codedText = ({ code, message }: Pick<EngineError, "code" | "message">): string => `[${code}] ${message}`;
