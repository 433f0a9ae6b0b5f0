/**
 * The one error class and the one table of codes. Codes are public API: kebab-case words, added freely, never renamed
 * or reused. `docs/codes.md` is generated from this table.
 */

/**
 * What a code says about the question "is this image trusted": `refuted` is a rule's `fail`, `unknown` is its `error`,
 * the rest never reach a rule.
 */
export type CodeTruth = "refuted" | "unknown" | "usage" | "store" | "trust" | "warning" | "bug";

export interface CodeRow {
  readonly truth: CodeTruth;
  /** `artifact`: `failurePolicy: Ignore` lets it pass, for questions about artifacts and the cluster only. */
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
  "access-denied": unknown(4, "the upstream answered 401 or 403"),
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
  "mirror-version": store("the mirror's schema is newer than this program"),
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

/** The only error class. `subject` names the thing at fault: an image, a file, a JSON pointer. */
export class EngineError extends Error {
  override name = "EngineError";
  readonly code: ErrorCode;
  readonly subject: string | undefined;

  constructor(code: ErrorCode, message: string, options: { subject?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.subject = options.subject;
  }
}
