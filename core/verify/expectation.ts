/**
 * What is expected of a signature, compiled from an attestor entry: everything parsed, nothing looked up. Source:
 * docs/spec/kyverno.md#attestors, #layout-expectations; docs/spec/outcomes.md#what-a-silent-policy-requires.
 */
import type { PublicKey } from "../crypto/public-key.ts";
import type { SignatureAlgorithm } from "../crypto/signature-verifier.ts";
import type { TimestampAuthority } from "../timestamp/timestamp-authority.ts";
import type { TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import type { Certificate } from "../x509/certificate.ts";

/** A compiled entry. */
export interface Expectation {
  /** Names what is expected by content: equal digests ask for the same. */
  readonly digest: string;
  readonly signer: ExpectedSigner;
  readonly log: ExpectedLog;
  readonly certificateTransparency: ExpectedCertificateTransparency;
  /** Of `tsaCertChain`; replaces the trusted root's authorities. */
  readonly timestampAuthority?: TimestampAuthority;
  /** A timestamp authority must vouch for the time of the signature, whatever a log says. */
  readonly timestampRequired: boolean;
  /** Pairs that the signed claims must hold, values exactly equal. */
  readonly annotations: readonly (readonly [name: string, value: string])[];
}

export type ExpectedSigner =
  | { readonly kind: "key"; readonly key: PublicKey; readonly algorithms: readonly SignatureAlgorithm[] }
  | { readonly kind: "key-reference"; readonly reference: string; readonly signatureAlgorithm?: string }
  /** `certificates.cert`: this certificate's key, and its validity; with `path` it must lead to the anchor too. */
  | {
      readonly kind: "certificate";
      readonly certificate: Certificate;
      readonly key: PublicKey;
      readonly algorithms: readonly SignatureAlgorithm[];
      readonly path?: { readonly anchor: Certificate; readonly intermediates: readonly Certificate[] };
    }
  /**
   * The signature's own certificate, of one of `anchors` or else of the trusted root's authorities, with this identity.
   * `privateLeaf`: it need not say that it is for code signing, as private authorities leave it out.
   */
  | {
      readonly kind: "issued";
      readonly anchors?: readonly Certificate[];
      readonly privateLeaf?: boolean;
      readonly identity: ExpectedIdentity;
      readonly signatureAlgorithm?: string;
    };

/** One text that a certificate must have. `wanted` is the policy's text, for people. */
export interface TextMatcher {
  readonly wanted: string;
  matches(text: string): boolean;
}

/** All matchers of a list must hold; an empty list asks for nothing. */
export interface ExpectedIdentity {
  /** All must hold of one and the same subject alternative name. */
  readonly subject: readonly TextMatcher[];
  readonly issuer: readonly TextMatcher[];
  /** `name` as the policy has it, `extension` as `readFulcioExtensions` names it. */
  readonly extensions: readonly { readonly name: string; readonly extension: string; readonly value: TextMatcher }[];
}

export interface ExpectedLog {
  readonly required: boolean;
  /** Inline keys instead of the trusted root's logs. */
  readonly keys?: readonly TransparencyLogKey[];
  /** The log that is asked for the entry of a signature that carries none; absent: nobody is asked. */
  readonly url?: string;
}

export interface ExpectedCertificateTransparency {
  readonly required: boolean;
  readonly keys?: readonly TransparencyLogKey[];
}
