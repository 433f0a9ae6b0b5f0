/**
 * What a verification proved, as plain JSON. Instants are RFC 3339, fingerprints and log ids lower-case hexadecimal,
 * indexes decimal.
 */
import type { EntitySource } from "../cosign/signed-entity.ts";
import type { JsonValue } from "../encoding/json.ts";
import type { TufEvidence } from "../trust/tuf-verifier.ts";

/** The proof that one candidate satisfies one expectation. */
export interface Evidence {
  /** Digest of the image, or of the file, that the signature is about. */
  readonly digest: string;
  readonly source: EntitySource;
  readonly signer: SignerEvidence;
  /** Every instant at which the signature is known to have existed. */
  readonly times: readonly EstablishedTime[];
  /**
   * There was no such instant, so the certificate was judged at the time of the decision: the proof lasts no longer
   * than that.
   */
  readonly judgedNow: boolean;
  readonly logEntries: readonly LogEntryEvidence[];
  readonly certificateTransparency: readonly { readonly logId: string; readonly at: string }[];
  readonly statement?: { readonly type: string; readonly predicateType: string };
  /** Digest of the trusted root that something here was checked with; absent when nothing was. */
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
      /** OIDC issuer, where the certificate names one. */
      readonly issuer?: string;
      /** Fulcio's extensions by name. */
      readonly extensions: Readonly<Record<string, string>>;
      readonly notBefore: string;
      readonly notAfter: string;
      /** Fingerprints from the leaf to the anchor; of a policy's lone certificate only its own. */
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
  /** `carried` by the signature, or `asked` of the log. */
  readonly from: "carried" | "asked";
}

/**
 * An in-toto statement. The predicate is the tree that was verified; nothing parses the bytes again. `null`: there is
 * none.
 */
export interface SignedStatement {
  readonly type: string;
  readonly predicateType: string;
  readonly predicate: JsonValue;
}

/** A signature that satisfies the expectation; `statement` where an attestation was asked for. */
export interface ProvenSignature {
  readonly evidence: Evidence;
  readonly statement?: SignedStatement;
}
