/** What to make: a signature, an attestation or a signed file, and the one thing about it that shall be wrong. */
import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import type { AttestorSpec } from "../../core/verify/attestor.ts";
import type { EmbeddedTimestamp, Issuer } from "./authority.ts";
import type { BundleVersion } from "./bundle.ts";
import type { CertificateSpec, ExtensionSpec, LabCertificate } from "./certificate.ts";
import type { EntryBody, EntryKind, Logged } from "./entry-body.ts";
import type { EntryChanges } from "./entry-log.ts";
import type { GeneralNameSpec } from "./extensions.ts";
import type { KeyType, LabKey } from "./keys.ts";
import type { Lab } from "./lab.ts";
import type { statementTypes } from "./payload.ts";
import type { Store } from "./store.ts";
import type { TokenSpec } from "./timestamp-authority.ts";
import type { Json } from "./trusted-root.ts";
/** `promise` and `proof` are of one entry in Rekor v1; `timestamp2` is by the second authority. */
export type EvidenceKind = "promise" | "proof" | "rekor2" | "timestamp" | "timestamp2";
export interface Identity {
  readonly names: readonly GeneralNameSpec[];
  /** By Fulcio's names. */
  readonly extensions: Readonly<Record<string, string>>;
}
export interface Recipe {
  /** `key`: a bare key; `certificate`: a short-lived one of the lab's authority. Default key. */
  readonly by?: "key" | "certificate";
  readonly keyType?: KeyType;
  readonly algorithm?: SignatureAlgorithm;
  /**
   * `tag`: `sha256-HEX.sig`; `artifact`: a referrer with cosign's layers; `bundle`: a referrer; `file`: a bundle in
   * hand. Default bundle.
   */
  readonly layout?: "tag" | "artifact" | "bundle" | "file";
  /** `blob`: the signature is over the artifact's bytes themselves (bundles only). Default signature. */
  readonly claim?: "signature" | "attestation" | "blob";
  /** Default by layout: promise for layers, promise and proof for bundles. `[]`: none. */
  readonly evidence?: readonly EvidenceKind[];
  readonly version?: BundleVersion;
  /** Of Rekor v1. Default by claim. */
  readonly entryKind?: EntryKind;
  readonly statementType?: keyof typeof statementTypes;
  readonly predicateType?: string;
  readonly predicate?: Json;
  /** Signed claims beside the digest. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly identity?: Identity;
  readonly image?: "image" | "index";
  readonly repository?: string;
  readonly tag?: string;
  readonly change?: Changes;
}
/** What stands when a change runs: parts that were made before it. */
export interface Making {
  readonly lab: Lab;
  readonly recipe: Required<Pick<Recipe, "by" | "layout" | "claim" | "evidence" | "version">> & Recipe;
  readonly key: LabKey;
  readonly certificate?: LabCertificate;
  /** The signed bytes (for envelopes the payload), and the signature over them. */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** Stored envelope. */
  readonly envelope?: Uint8Array;
}
/**
 * Each function gets a right thing and gives what shall stand in its place; everything that comes after is made of
 * that, signed and logged. In the order in which they run.
 */
export interface Changes {
  /** The image's manifest or index. */
  readonly image?: (manifest: Json) => Json;
  /** Description of the leaf before logs see it and it is issued. */
  readonly leaf?: (spec: CertificateSpec, lab: Lab) => CertificateSpec;
  /** Who issues the leaf; the description's issuer name is not changed by this. */
  readonly issuer?: (issuer: Issuer, lab: Lab) => Issuer;
  /** Timestamps of certificate logs; `changes` of one make it wrong and validly signed. */
  readonly certificateTimestamps?: (timestamps: readonly EmbeddedTimestamp[], lab: Lab) => readonly EmbeddedTimestamp[];
  /** Extensions after the timestamps were made. */
  readonly issuedExtensions?: (extensions: readonly ExtensionSpec[], lab: Lab) => readonly ExtensionSpec[];
  /** The issued leaf: damaged, another one. */
  readonly certificate?: (certificate: LabCertificate, lab: Lab) => LabCertificate;
  /** Simple signing payload or statement, before it is signed. Bytes stand for themselves. */
  readonly payload?: (payload: Json, lab: Lab) => Json;
  readonly payloadType?: string;
  /** What is signed with: another key than the certificate's or the policy's. */
  readonly signingKey?: (key: LabKey, lab: Lab) => LabKey;
  readonly signature?: (signature: Uint8Array, message: Uint8Array, key: LabKey) => Uint8Array;
  /** The envelope after it was signed. */
  readonly envelope?: (envelope: Json, making: Making) => Json;
  /** What the logs are told. */
  readonly logged?: (logged: Logged, making: Making) => Logged;
  readonly body?: (body: EntryBody, making: Making) => EntryBody | Uint8Array;
  readonly rekor1?: EntryChanges;
  readonly rekor2?: EntryChanges;
  readonly entries?: (entries: readonly LogEntry[], making: Making) => readonly LogEntry[];
  /** What is stamped. */
  readonly stamped?: (message: Uint8Array, making: Making) => Uint8Array;
  readonly token?: (lab: Lab) => Partial<TokenSpec>;
  readonly timestamps?: (timestamps: readonly Uint8Array[], making: Making) => readonly Uint8Array[];
  /** The bundle's JSON. */
  readonly bundle?: (bundle: Json, making: Making) => Json;
  /** Annotations of the layer. */
  readonly layer?: (annotations: Record<string, string>, making: Making) => Record<string, string>;
  /** The manifest that keeps the signature. */
  readonly manifest?: (manifest: Json, making: Making) => Json;
  /** Everything stored. */
  readonly store?: (store: Store, making: Making) => void;
  readonly trustedRoot?: (root: Json, lab: Lab) => Json;
  /** What is asked for. */
  readonly attestor?: (spec: AttestorSpec, making: Making) => AttestorSpec;
}
