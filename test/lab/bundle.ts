/**
 * Sigstore bundles of versions 0.1 to 0.3, and the annotations that say the same of a layer. Source:
 * sigstore_bundle.proto, cosign signature specification.
 */
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { decodeHex } from "../../core/encoding/hex.ts";
import { digest } from "../../core/crypto/digest.ts";
import { layerAnnotation } from "../../core/cosign/layer-annotation.ts";
import { hashLeaf } from "../../core/tlog/merkle-hash.ts";
import type { EntryInclusionProof, LogEntry } from "../../core/tlog/log-entry.ts";
import type { LabCertificate } from "./certificate.ts";
import type { LabKey } from "./keys.ts";
import type { Json } from "./trusted-root.ts";

export type BundleVersion = "0.1" | "0.2" | "0.3";

export const bundleMediaType = (version: BundleVersion): string =>
  version === "0.3"
    ? "application/vnd.dev.sigstore.bundle.v0.3+json"
    : `application/vnd.dev.sigstore.bundle+json;version=${version}`;

export interface BundleSpec {
  readonly version: BundleVersion;
  readonly signer: LabKey | LabCertificate;
  /** Behind the certificate, in versions that have a chain. */
  readonly chain?: readonly LabCertificate[];
  readonly entries: readonly LogEntry[];
  readonly timestamps: readonly Uint8Array[];
  readonly content:
    | {
        readonly message: Uint8Array;
        readonly signature: Uint8Array;
        readonly algorithm?: "SHA2_256" | "SHA2_384" | "SHA2_512";
      }
    | { readonly envelope: Json };
}

const proofJson = (proof: EntryInclusionProof): Json => ({
  logIndex: String(proof.logIndex),
  rootHash: encodeBase64(proof.rootHash),
  treeSize: String(proof.treeSize),
  hashes: proof.hashes.map(encodeBase64),
  checkpoint: { envelope: proof.checkpoint },
});

export const entryJson = (entry: LogEntry): Json => ({
  logIndex: String(entry.logIndex),
  logId: { keyId: encodeBase64(decodeHex(entry.logId)) },
  kindVersion: entry.kindVersion,
  ...(entry.integratedTime === undefined || entry.integratedTime === 0n
    ? {}
    : { integratedTime: String(entry.integratedTime) }),
  ...(entry.inclusionPromise === undefined
    ? {}
    : { inclusionPromise: { signedEntryTimestamp: encodeBase64(entry.inclusionPromise) } }),
  ...(entry.inclusionProof === undefined ? {} : { inclusionProof: proofJson(entry.inclusionProof) }),
  canonicalizedBody: encodeBase64(entry.body),
});

function signerJson({ signer, version, chain = [] }: BundleSpec): Json {
  if (!("spec" in signer)) return { publicKey: { hint: encodeBase64(digest("sha256", signer.publicKey.spki)) } };
  const raw = (certificate: LabCertificate): Json => ({ rawBytes: encodeBase64(certificate.der) });
  return version === "0.3"
    ? { certificate: raw(signer) }
    : { x509CertificateChain: { certificates: [signer, ...chain].map(raw) } };
}

const hashes = { SHA2_256: "sha256", SHA2_384: "sha384", SHA2_512: "sha512" } as const;

export function bundleJson(spec: BundleSpec): Json {
  const { content, timestamps, entries } = spec;
  const algorithm = "message" in content ? (content.algorithm ?? "SHA2_256") : "SHA2_256";
  return {
    mediaType: bundleMediaType(spec.version),
    verificationMaterial: {
      ...signerJson(spec),
      ...(entries.length === 0 ? {} : { tlogEntries: entries.map(entryJson) }),
      ...(timestamps.length === 0
        ? {}
        : {
            timestampVerificationData: {
              rfc3161Timestamps: timestamps.map((der) => ({ signedTimestamp: encodeBase64(der) })),
            },
          }),
    },
    ...("message" in content
      ? {
          messageSignature: {
            messageDigest: { algorithm, digest: encodeBase64(digest(hashes[algorithm], content.message)) },
            signature: encodeBase64(content.signature),
          },
        }
      : { dsseEnvelope: content.envelope }),
  };
}

/** The log entry as an annotation has it; only the promise fits there. */
export const entryAnnotation = (entry: LogEntry): Json => ({
  SignedEntryTimestamp: encodeBase64(entry.inclusionPromise ?? new Uint8Array(0)),
  Payload: {
    body: encodeBase64(entry.body),
    integratedTime: Number(entry.integratedTime ?? 0n),
    logIndex: Number(entry.logIndex),
    logID: entry.logId,
  },
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The entry as the log's API answers: an object that maps the entry's id to it. Source: Rekor v1 OpenAPI. */
export function apiEntryJson(entry: LogEntry): Json {
  const { inclusionPromise: promise, inclusionProof: proof } = entry;
  return {
    [hex(hashLeaf(entry.body))]: {
      body: encodeBase64(entry.body),
      integratedTime: Number(entry.integratedTime ?? 0n),
      logID: entry.logId,
      logIndex: Number(entry.logIndex),
      verification: {
        ...(promise === undefined ? {} : { signedEntryTimestamp: encodeBase64(promise) }),
        ...(proof === undefined
          ? {}
          : {
              inclusionProof: {
                checkpoint: proof.checkpoint,
                hashes: proof.hashes.map(hex),
                logIndex: Number(proof.logIndex),
                rootHash: hex(proof.rootHash),
                treeSize: Number(proof.treeSize),
              },
            }),
      },
    },
  };
}

export interface LayerSpec {
  /** Absent for an attestation, whose envelope has it. */
  readonly signature?: Uint8Array;
  readonly certificate?: LabCertificate;
  /** Issuer first, root last. */
  readonly chain?: readonly LabCertificate[];
  readonly entry?: LogEntry;
  readonly timestamp?: Uint8Array;
}

export const layerAnnotations = ({
  signature,
  certificate,
  chain = [],
  entry,
  timestamp,
}: LayerSpec): Record<string, string> => ({
  [layerAnnotation.signature]: signature === undefined ? "" : encodeBase64(signature),
  ...(certificate === undefined ? {} : { [layerAnnotation.certificate]: certificate.pem }),
  ...(certificate === undefined || chain.length === 0
    ? {}
    : { [layerAnnotation.chain]: chain.map(({ pem }) => pem).join("") }),
  ...(entry === undefined ? {} : { [layerAnnotation.bundle]: JSON.stringify(entryAnnotation(entry)) }),
  ...(timestamp === undefined
    ? {}
    : { [layerAnnotation.timestamp]: JSON.stringify({ SignedRFC3161Timestamp: encodeBase64(timestamp) }) }),
});
