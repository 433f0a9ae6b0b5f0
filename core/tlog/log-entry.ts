/**
 * Entries of a transparency log in evidence, and the content that such an entry must record. Source:
 * sigstore_rekor.proto `TransparencyLogEntry`.
 */
import type { PublicKey } from "../crypto/public-key.ts";
import type { HashName } from "../crypto/signature-verifier.ts";
import type { Certificate } from "../x509/certificate.ts";

/**
 * `logIndex` counts within the tree of `treeSize` leaves (not over all shards). A Rekor v2 proof may leave numbers 0
 * and `rootHash` empty: its checkpoint has them.
 */
export interface EntryInclusionProof {
  readonly logIndex: bigint;
  readonly treeSize: bigint;
  readonly rootHash: Uint8Array;
  readonly hashes: readonly Uint8Array[];
  /** A signed note. */
  readonly checkpoint: string;
}

/** Parsed, not verified. */
export interface LogEntry {
  /** Lower-case hexadecimal, 32 bytes. */
  readonly logId: string;
  /** Rekor v1: over all shards; Rekor v2: within the tree. */
  readonly logIndex: bigint;
  /** Seconds since 1970. Signed by the signed entry timestamp only. */
  readonly integratedTime?: bigint;
  /** The canonicalized body: the bytes of the leaf. */
  readonly body: Uint8Array;
  /** The kind and version that the evidence states for `body`. */
  readonly kindVersion?: { readonly kind: string; readonly version: string };
  /** The signed entry timestamp: the log's signature over body, time, id and index. Rekor v1 only. */
  readonly inclusionPromise?: Uint8Array;
  readonly inclusionProof?: EntryInclusionProof;
}

/**
 * What was signed: a message by its known digests (or itself, from which further digests are computed), or a DSSE
 * envelope.
 */
export type LoggedContent =
  | {
      readonly kind: "message";
      readonly digests: { readonly [hash in HashName]?: Uint8Array };
      readonly message?: Uint8Array;
    }
  /** `envelopeBytes`: the layer as stored, which a log of a layer's attestation has hashed. */
  | {
      readonly kind: "dsse";
      readonly payloadType: string;
      readonly payload: Uint8Array;
      readonly envelopeBytes?: Uint8Array;
    };

/** The signature that an entry must be about. */
export interface LoggedSignature {
  readonly signature: Uint8Array;
  readonly verifier: { readonly certificate: Certificate } | { readonly key: PublicKey };
  readonly content: LoggedContent;
}

/**
 * Where the signature was read: in a Sigstore bundle, or as a layer of a signature or attestation manifest. The log of
 * a layer's signature records less.
 */
export type EntryLayout = "bundle" | "layer";
