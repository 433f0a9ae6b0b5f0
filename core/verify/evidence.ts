/**
 * What a verification proved, as plain JSON. Instants are RFC 3339, fingerprints and log ids lower-case hexadecimal,
 * indexes decimal.
 */
import type { EntitySource } from "../cosign/signed-entity.ts";
import type { JsonValue } from "../encoding/json.ts";
import type { TufEvidence } from "../trust/tuf-verifier.ts";

/** The proof that one candidate satisfies one expectation. */
export interface Evidence {
  /** Digest of the signed image or file. */
  readonly digest: string;
  readonly source: EntitySource;
  readonly signer: SignerEvidence;
  /** Every instant at which the signature is known to have existed. */
  readonly times: readonly EstablishedTime[];
  /**
   * There is no such instant, so the certificate was judged at the time of the decision, and the proof holds only then.
   */
  readonly judgedNow: boolean;
  readonly logEntries: readonly LogEntryEvidence[];
  readonly certificateTransparency: readonly { readonly logId: string; readonly at: string }[];
  readonly statement?: { readonly type: string; readonly predicateType: string };
  /** Digest of the trusted root that was used; absent if none was. */
  readonly trustedRoot?: string;
  /** How that root was proven from TUF metadata; absent where it was pinned. */
  readonly tuf?: TufEvidence;
}

export type SignerEvidence =
  | { readonly kind: "key"; readonly fingerprint: string; readonly algorithm: string }
  | {
      readonly kind: "certificate";
      readonly fingerprint: string;
      readonly algorithm: string;
      /** Subject alternative names. */
      readonly subjects: readonly string[];
      /** OIDC issuer, if the certificate names one. */
      readonly issuer?: string;
      /** Fulcio's extensions by name. */
      readonly extensions: Readonly<Record<string, string>>;
      readonly notBefore: string;
      readonly notAfter: string;
      /** Fingerprints from the leaf to the anchor; for a policy's certificate without a chain, only its own. */
      readonly chain: readonly string[];
    };

export interface EstablishedTime {
  readonly at: string;
  readonly source: "rekor" | "timestamp-authority";
  /** Log id, or the authority's name in the trust material. */
  readonly authority: string;
}

export interface LogEntryEvidence {
  readonly logId: string;
  readonly logIndex: string;
  readonly provenBy: readonly ("set" | "inclusion")[];
  readonly origin?: string;
  /** The time that the log signed on the checkpoint of the proof. It says nothing about the signature. */
  readonly checkpointAt?: string;
  /** `carried` by the signature, or `asked` of the log. */
  readonly from: "carried" | "asked";
}

/**
 * An in-toto statement. The predicate is the parsed tree that was verified; the bytes are never parsed again. `null`:
 * it has no predicate.
 */
export interface SignedStatement {
  readonly type: string;
  readonly predicateType: string;
  readonly predicate: JsonValue;
}

/** A signature that satisfies the expectation; `statement` if an attestation was wanted. */
export interface ProvenSignature {
  readonly evidence: Evidence;
  readonly statement?: SignedStatement;
}
