/**
 * One candidate: a signature or attestation as it was found, with every part read only when asked for. Source: cosign
 * signature specification, Sigstore bundle (docs/spec/sigstore.md#tag-layout, #sigstore-bundle).
 */
import type { Envelope } from "../dsse/envelope.ts";
import type { Statement } from "../dsse/statement.ts";
import type { Digest } from "../crypto/digest.ts";
import type { LogEntry } from "../tlog/log-entry.ts";
import type { Certificate } from "../x509/certificate.ts";

/**
 * `tag`: `sha256-HEX.sig`; `artifact`: a referrer with cosign's layers; `bundle`: a referrer with one Sigstore bundle;
 * `file`: a bundle that somebody handed over.
 */
export type EntityLayout = "tag" | "artifact" | "bundle" | "file";

/** The purpose: a signature of the image, or a statement about it. */
export type EntityPurpose = "signature" | "attestation";

/**
 * Where a candidate was read. `digest` is that of the layer or bundle; `manifest` that of the manifest that lists it at
 * `layer`.
 */
export interface EntitySource {
  readonly layout: EntityLayout;
  readonly digest: Digest;
  readonly repository?: string;
  readonly tag?: string;
  readonly manifest?: Digest;
  readonly layer?: number;
}

/** The signed content and its signature. */
export type SignedContent =
  /** cosign's own payload: the layer's bytes. */
  | { readonly kind: "simple-signing"; readonly payload: Uint8Array; readonly signature: Uint8Array }
  /**
   * `envelopeBytes` are those of the layer; a bundle keeps no such text. The first signature of the envelope is the one
   * that timestamps are about.
   */
  | {
      readonly kind: "dsse";
      readonly envelope: Envelope;
      readonly statement: Statement;
      readonly envelopeBytes?: Uint8Array;
    }
  /** The artifact itself is signed. `digest` is the bundle's unsigned hint. */
  | {
      readonly kind: "message";
      readonly signature: Uint8Array;
      readonly digest?: { readonly algorithm: string; readonly digest: Uint8Array };
    };

/**
 * The certificate that a candidate carries. `intermediates` are the other certificates beside it: never trusted, at
 * most parts of a path.
 */
export interface CarriedCertificate {
  readonly certificate: Certificate;
  readonly intermediates: readonly Certificate[];
}

/**
 * A candidate. The methods read what they name, once, and throw `EngineError`s: `malformed`, `over-limit`, or an outage
 * code when the content is not known. A part that no expectation needs is never read, so junk in it does no harm.
 */
export interface SignedEntity {
  /** Names the candidate by content: two entities of one id are the same bytes. */
  readonly id: string;
  readonly purpose: EntityPurpose;
  readonly source: EntitySource;
  content(): SignedContent;
  /** The predicate types that it says it has, where its content cannot be read. Nothing is trusted by this. */
  declaredTypes(): readonly string[];
  /** `undefined`: signed with a bare key, as far as the candidate says. */
  certificate(): CarriedCertificate | undefined;
  logEntries(): readonly LogEntry[];
  /** RFC 3161 responses, DER. */
  timestamps(): readonly Uint8Array[];
}

/** Remembers the first success of `read`; a failure is met again each time. */
export function once<T>(read: () => T): () => T {
  let held: { readonly value: T } | undefined;
  return () => {
    held ??= { value: read() };
    return held.value;
  };
}
