/**
 * What is expected of a signature, compiled from an attestor entry: everything parsed, nothing looked up. Source:
 * docs/spec/kyverno.md#attestors, #layout-expectations; docs/spec/outcomes.md#what-a-silent-policy-requires.
 */
import type { PublicKey } from "../crypto/public-key.ts";
import type { EngineError } from "../errors.ts";
import type { SignatureAlgorithm } from "../crypto/signature-verifier.ts";
import type { TimestampAuthority } from "../timestamp/timestamp-authority.ts";
import type { TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import type { Certificate } from "../x509/certificate.ts";

/** A compiled entry. */
export interface Expectation {
  /** Digest of the expectation's content: equal digests mean equal expectations. */
  readonly digest: string;
  readonly signer: ExpectedSigner;
  readonly log: ExpectedLog;
  readonly certificateTransparency: ExpectedCertificateTransparency;
  /** Of `tsaCertChain`; replaces the trusted root's authorities. */
  readonly timestampAuthority?: TimestampAuthority;
  /** A timestamp authority must vouch for the time of the signature, even if a log does. */
  readonly timestampRequired: boolean;
  /** Pairs that the signed claims must hold, values exactly equal. */
  readonly annotations: readonly (readonly [name: string, value: string])[];
  /** Milliseconds: a signature counts from this long after the earliest time that is proven for it. */
  readonly minSignatureAge?: number;
  /** Milliseconds past its signed expiry: TUF metadata that is older vouches for nothing. */
  readonly maxTrustAge?: number;
}

export type ExpectedSigner =
  | { readonly kind: "key"; readonly key: PublicKey; readonly algorithms: readonly SignatureAlgorithm[] }
  | { readonly kind: "key-reference"; readonly reference: string; readonly signatureAlgorithm?: string }
  /** `certificates.cert`: this certificate's key and validity; with `path` it must also chain to the anchor. */
  | {
      readonly kind: "certificate";
      readonly certificate: Certificate;
      readonly key: PublicKey;
      readonly algorithms: readonly SignatureAlgorithm[];
      readonly path?: { readonly anchor: Certificate; readonly intermediates: readonly Certificate[] };
    }
  /**
   * The signature's own certificate with this identity, issued under `anchors` or else by the trusted root's
   * authorities. `privateLeaf`: it need not name code signing, since private authorities often omit that.
   */
  | {
      readonly kind: "issued";
      readonly anchors?: readonly Certificate[];
      readonly privateLeaf?: boolean;
      readonly identity: ExpectedIdentity;
      readonly signatureAlgorithm?: string;
    };

/** One required text of a certificate. `wanted` is the policy's text, for messages. */
export interface TextMatcher {
  readonly wanted: string;
  matches(text: string): boolean;
}

/** All matchers of a list must match; an empty list matches anything. */
export interface ExpectedIdentity {
  /** All must match the same subject alternative name. */
  readonly subject: readonly TextMatcher[];
  readonly issuer: readonly TextMatcher[];
  /** `name` is the policy's, `extension` is the name in `readFulcioExtensions`. */
  readonly extensions: readonly { readonly name: string; readonly extension: string; readonly value: TextMatcher }[];
}

export interface ExpectedLog {
  readonly required: boolean;
  /** Inline keys instead of the trusted root's logs. */
  readonly keys?: readonly TransparencyLogKey[];
  /** The log to ask for the entry of a signature that carries none; absent: no log is asked. */
  readonly url?: string;
  /** Why the log at `url` is not asked, although one is named. */
  readonly refusal?: EngineError;
}

export interface ExpectedCertificateTransparency {
  readonly required: boolean;
  readonly keys?: readonly TransparencyLogKey[];
}
