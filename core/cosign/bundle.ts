/**
 * Sigstore bundles, versions 0.1 to 0.3: read strictly and converted to our own type. Source: sigstore_bundle.proto,
 * Sigstore client specification §5.
 *
 *     {"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",
 *      "verificationMaterial":{"certificate":{"rawBytes":"MIIC…"},"tlogEntries":[{"logIndex":"12345"}],
 *       "timestampVerificationData":{"rfc3161Timestamps":[{"signedTimestamp":"MIIC…"}]}},
 *      "dsseEnvelope":{"payloadType":"application/vnd.in-toto+json","payload":"eyJf…","signatures":[{"sig":"MEUC…"}]}}
 *
 * In place of `dsseEnvelope`: `"messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"kcI…="},
 * "signature":"MEUCIQ…"}`.
 */
import { type Envelope, readEnvelope } from "../dsse/envelope.ts";
import { type JsonObject, type JsonValue, parseJson } from "../encoding/json.ts";
import {
  optionalMessage,
  protoJsonOptions,
  readBytes,
  readMessage,
  readRepeated,
  readText,
  requireBytes,
} from "../encoding/proto-json.ts";
import { member, readString } from "../encoding/shape.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { LogEntry } from "../tlog/log-entry.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import { readBundleLogEntry } from "./bundle-log-entry.ts";
import { type BundleParts, parseBundleMediaType, requireBundleRules } from "./bundle-rules.ts";

export type DigestAlgorithm = "sha256" | "sha384" | "sha512";

/**
 * Who signed, as the bundle says: `hint` is opaque. `chain` has the certificates after the first; they are never
 * trusted.
 */
export type BundleVerifier =
  | { readonly kind: "certificate"; readonly certificate: Certificate; readonly chain: readonly Certificate[] }
  | { readonly kind: "public-key"; readonly hint: string };

/**
 * The signed content: an artifact, whose digest here is an unsigned hint, or an envelope with exactly one signature.
 */
export type BundleContent =
  | {
      readonly kind: "message";
      readonly digest: { readonly algorithm: DigestAlgorithm; readonly digest: Uint8Array };
      readonly signature: Uint8Array;
    }
  | { readonly kind: "dsse"; readonly envelope: Envelope };

/** Parsed, nothing verified. `timestamps` are RFC 3161 responses in DER. */
export interface SigstoreBundle {
  readonly version: string;
  readonly verifier: BundleVerifier;
  readonly content: BundleContent;
  readonly logEntries: readonly LogEntry[];
  readonly timestamps: readonly Uint8Array[];
}

const keys = (...names: string[]): ReadonlySet<string> => new Set(names);
const bundleKeys = keys("mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope");
const materialKeys = keys(
  "publicKey",
  "x509CertificateChain",
  "certificate",
  "tlogEntries",
  "timestampVerificationData",
);
const messageKeys = keys("messageDigest", "signature");
const digestKeys = keys("algorithm", "digest");
const rawBytesKeys = keys("rawBytes");
const hintKeys = keys("hint");
const chainKeys = keys("certificates");
const timestampDataKeys = keys("rfc3161Timestamps");
const timestampKeys = keys("signedTimestamp");

const digestAlgorithms: readonly (readonly [
  name: string,
  number: number,
  algorithm: DigestAlgorithm,
  bytes: number,
])[] = [
  ["SHA2_256", 1, "sha256", 32],
  ["SHA2_384", 2, "sha384", 48],
  ["SHA2_512", 3, "sha512", 64],
];

function readDigest(
  object: JsonObject,
  at: string,
): { readonly algorithm: DigestAlgorithm; readonly digest: Uint8Array } {
  const named = member(object, "algorithm");
  const row = digestAlgorithms.find(([name, number]) => named === name || named === number);
  if (row === undefined) throw new EngineError("malformed", "not a digest algorithm", { subject: `${at}/algorithm` });
  const digest = readBytes(object, "digest", at);
  if (digest.length !== row[3])
    throw new EngineError("malformed", `${row[0]} of ${digest.length} bytes`, { subject: `${at}/digest` });
  return { algorithm: row[2], digest };
}

function readContent(object: JsonObject, limits: Limits): BundleContent | undefined {
  const message = optionalMessage(object, "messageSignature", messageKeys, "");
  const envelope = member(object, "dsseEnvelope");
  if (message !== undefined && envelope !== undefined)
    throw new EngineError("malformed", "both a message signature and an envelope", { subject: "/dsseEnvelope" });
  if (envelope !== undefined) return { kind: "dsse", envelope: readEnvelope(envelope, "/dsseEnvelope", limits) };
  if (message === undefined) return undefined;
  const digest = optionalMessage(message, "messageDigest", digestKeys, "/messageSignature");
  if (digest === undefined)
    throw new EngineError("malformed", "no message digest", { subject: "/messageSignature/messageDigest" });
  return {
    kind: "message",
    digest: readDigest(digest, "/messageSignature/messageDigest"),
    signature: readBytes(message, "signature", "/messageSignature"),
  };
}

const at = "/verificationMaterial";

/** Certificates in DER, leaf first, or the hint. */
type RawVerifier =
  | { readonly kind: "certificate" | "chain"; readonly certificates: readonly Uint8Array[] }
  | { readonly kind: "public-key"; readonly hint: string };

function readVerifier(material: JsonObject, limits: Limits): RawVerifier | undefined {
  const present = ["publicKey", "x509CertificateChain", "certificate"].filter(
    (key) => member(material, key) !== undefined,
  );
  if (present.length > 1) throw new EngineError("malformed", `both ${present.join(" and ")}`, { subject: at });
  const key = optionalMessage(material, "publicKey", hintKeys, at);
  if (key !== undefined) return { kind: "public-key", hint: readText(key, "hint", `${at}/publicKey`) };
  const certificate = optionalMessage(material, "certificate", rawBytesKeys, at);
  if (certificate !== undefined)
    return { kind: "certificate", certificates: [readBytes(certificate, "rawBytes", `${at}/certificate`)] };
  const chain = optionalMessage(material, "x509CertificateChain", chainKeys, at);
  if (chain === undefined) return undefined;
  const list = readRepeated(chain, "certificates", `${at}/x509CertificateChain`);
  if (list.length > limits.certificatesPerChain)
    throw new EngineError("over-limit", `${list.length} certificates in a chain`, {
      subject: `${at}/x509CertificateChain`,
    });
  return {
    kind: "chain",
    certificates: list.map((entry, index) => {
      const here = `${at}/x509CertificateChain/certificates/${index}`;
      return readBytes(readMessage(entry, rawBytesKeys, here), "rawBytes", here);
    }),
  };
}

function readLogEntries(material: JsonObject, limits: Limits): readonly LogEntry[] {
  const list = readRepeated(material, "tlogEntries", at);
  if (list.length > limits.logEntries)
    throw new EngineError("over-limit", `${list.length} log entries, at most ${limits.logEntries} are read`, {
      subject: `${at}/tlogEntries`,
    });
  return list.map((entry, index) => readBundleLogEntry(entry, `${at}/tlogEntries/${index}`));
}

function readTimestamps(material: JsonObject, limits: Limits): readonly Uint8Array[] {
  const here = `${at}/timestampVerificationData`;
  const object = optionalMessage(material, "timestampVerificationData", timestampDataKeys, at);
  if (object === undefined) return [];
  const list = readRepeated(object, "rfc3161Timestamps", here);
  if (list.length > limits.timestamps)
    throw new EngineError("over-limit", `${list.length} timestamps, at most ${limits.timestamps} are read`, {
      subject: here,
    });
  return list.map((entry, index) => {
    const timestampAt = `${here}/rfc3161Timestamps/${index}`;
    return requireBytes(readMessage(entry, timestampKeys, timestampAt), "signedTimestamp", timestampAt);
  });
}

/** The parsed bundle in the shape that the version rules are written for. */
function toParts(
  content: BundleContent | undefined,
  verifier: RawVerifier | undefined,
  tlogEntries: readonly LogEntry[],
): BundleParts {
  const certificates =
    verifier === undefined || verifier.kind === "public-key"
      ? []
      : verifier.certificates.map((rawBytes) => ({ rawBytes }));
  return {
    content:
      content === undefined
        ? undefined
        : content.kind === "dsse"
          ? { $case: "dsseEnvelope", dsseEnvelope: content.envelope }
          : {
              $case: "messageSignature",
              messageSignature: { messageDigest: content.digest, signature: content.signature },
            },
    verificationMaterial: {
      content:
        verifier === undefined
          ? undefined
          : verifier.kind === "public-key"
            ? { $case: "publicKey", publicKey: { hint: verifier.hint } }
            : verifier.kind === "chain"
              ? { $case: "x509CertificateChain", x509CertificateChain: { certificates } }
              : { $case: "certificate", certificate: certificates[0] as { rawBytes: Uint8Array } },
      tlogEntries,
    },
  };
}

/** The rest of a chain is kept for people. A root among it is refused: it could only be there to be trusted. */
function toVerifier(raw: RawVerifier, limits: Limits): BundleVerifier {
  if (raw.kind === "public-key") return raw;
  const [certificate, ...chain] = raw.certificates.map((der) => parseCertificate(der, limits));
  if (certificate === undefined) throw new EngineError("malformed", "no certificate", { subject: at });
  for (const parent of chain) {
    if (equalBytes(parent.issuer, parent.subject))
      throw new EngineError("malformed", "the chain holds a root certificate", {
        subject: `${at}/x509CertificateChain`,
      });
  }
  return { kind: "certificate", certificate, chain };
}

/** The parts of an already parsed JSON document; {@link parseBundle} is for text. */
function readBundle(value: JsonValue, limits: Limits): SigstoreBundle {
  const object = readMessage(value, bundleKeys, "");
  const version = parseBundleMediaType(readString(member(object, "mediaType"), "/mediaType"));
  const material = readMessage(member(object, "verificationMaterial"), materialKeys, at);
  const content = readContent(object, limits);
  const verifier = readVerifier(material, limits);
  const logEntries = readLogEntries(material, limits);
  requireBundleRules(version.rules, toParts(content, verifier, logEntries));
  if (content === undefined || verifier === undefined)
    throw new EngineError("malformed", "no content or no verification material", { subject: "/" });
  return {
    version: version.text,
    verifier: toVerifier(verifier, limits),
    content,
    logEntries,
    timestamps: readTimestamps(material, limits),
  };
}

/**
 * The bundle of a JSON document. Repeated and unknown fields are refused, numbers are integers, base64 is canonical;
 * what its version asks for must be there.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function parseBundle(document: Uint8Array | string, limits: Limits): SigstoreBundle {
  return readBundle(parseJson(document, protoJsonOptions("bundle", limits.bundleBytes, limits)), limits);
}
