/**
 * Whether a signature that our verifier accepted holds, by OpenSSL over the bytes of the case: nothing of the verifier,
 * of its parsers or of its hashes takes part. It proves nothing about logs, chains and identities.
 */
import { constants, createHash, createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ed25519ph } from "@noble/curves/ed25519.js";
import type { EntitySource } from "../../core/cosign/signed-entity.ts";
import type { Evidence } from "../../core/verify/evidence.ts";

interface Signed {
  readonly message: Buffer;
  readonly signature: Buffer;
  /** PEM or DER of the certificate beside the signature. */
  readonly certificate?: string | Buffer;
}

interface Layer {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface BundleJson {
  readonly dsseEnvelope?: EnvelopeJson;
  readonly messageSignature?: { readonly signature: string };
  readonly verificationMaterial?: {
    readonly certificate?: { readonly rawBytes: string };
    readonly x509CertificateChain?: { readonly certificates: readonly { readonly rawBytes: string }[] };
  };
}

interface EnvelopeJson {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly sig: string }[];
}

const fromBase64 = (text: string): Buffer => Buffer.from(text, "base64");

/** DSSE 1.0's pre-authentication encoding. */
function pae({ payloadType, payload }: EnvelopeJson): Buffer {
  const body = fromBase64(payload);
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `), body]);
}

const signedEnvelope = (envelope: EnvelopeJson): readonly Signed[] =>
  envelope.signatures.map(({ sig }) => ({ message: pae(envelope), signature: fromBase64(sig) }));

/** Reads blobs of OCI layouts by digest, and checks the digest. */
function readBlob(layouts: readonly string[], digest: string): Buffer {
  const hex = digest.replace(/^sha256:/, "");
  const path = layouts.map((layout) => join(layout, "blobs", "sha256", hex)).find(existsSync);
  if (path === undefined) throw new Error(`no layout of the case holds ${digest}`);
  const bytes = readFileSync(path);
  if (createHash("sha256").update(bytes).digest("hex") !== hex) throw new Error(`${path} has another digest`);
  return bytes;
}

function readBundle(bytes: Buffer, image: () => Buffer): readonly Signed[] {
  const bundle = JSON.parse(bytes.toString("utf8")) as BundleJson;
  const material = bundle.verificationMaterial;
  const raw = (material?.certificate ?? material?.x509CertificateChain?.certificates[0])?.rawBytes;
  const certificate = raw === undefined ? {} : { certificate: fromBase64(raw) };
  const signed =
    bundle.dsseEnvelope !== undefined
      ? signedEnvelope(bundle.dsseEnvelope)
      : [{ message: image(), signature: fromBase64(bundle.messageSignature?.signature ?? "") }];
  return signed.map((one) => ({ ...one, ...certificate }));
}

/** What a layer or bundle says is signed, with its signatures. */
function readSigned(source: EntitySource, image: string, layouts: readonly string[]): readonly Signed[] {
  const bytes = readBlob(layouts, source.digest);
  if (source.layout === "bundle" || source.layout === "file") return readBundle(bytes, () => readBlob(layouts, image));
  const manifest = JSON.parse(readBlob(layouts, source.manifest ?? "").toString("utf8")) as { layers: Layer[] };
  const annotations = manifest.layers[source.layer ?? 0]?.annotations ?? {};
  const pem = annotations["dev.sigstore.cosign/certificate"];
  const certificate = pem === undefined || pem === "" ? {} : { certificate: pem };
  const signature = annotations["dev.cosignproject.cosign/signature"] ?? "";
  const signed =
    signature === ""
      ? signedEnvelope(JSON.parse(bytes.toString("utf8")) as EnvelopeJson)
      : [{ message: bytes, signature: fromBase64(signature) }];
  return signed.map((one) => ({ ...one, ...certificate }));
}

const block = /-----BEGIN (PUBLIC KEY|CERTIFICATE)-----([^-]*)-----END/g;

/** Every key of a text, however YAML has it in lines. */
export function keysOf(text: string): readonly KeyObject[] {
  return [...text.matchAll(block)].map(([, label, body = ""]) => {
    const der = fromBase64(body.replace(/\\n|\s/g, ""));
    return label === "CERTIFICATE"
      ? new X509Certificate(der).publicKey
      : createPublicKey({ key: der, format: "der", type: "spki" });
  });
}

function carriedKey({ certificate }: Signed): readonly KeyObject[] {
  if (certificate === undefined) return [];
  try {
    return [new X509Certificate(certificate).publicKey];
  } catch {
    // Junk beside a signature by a key of the policy.
    return [];
  }
}

/** Whether the signature is one by the key with the very algorithm that our evidence names. */
function holdsUnder(key: KeyObject, algorithm: string, { message, signature }: Signed): boolean {
  if (algorithm === "ed25519") return key.asymmetricKeyType === "ed25519" && verify(null, message, key, signature);
  if (algorithm === "ed25519ph") {
    if (key.asymmetricKeyType !== "ed25519") return false;
    return ed25519ph.verify(signature, message, key.export({ format: "der", type: "spki" }).subarray(-32));
  }
  const [type = "", hash] = algorithm.split(/-(?=sha\d+$)/);
  const padding = type === "rsa-pss" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const kind = key.asymmetricKeyType === "ec" ? "ecdsa" : type.startsWith("rsa") ? type : "";
  return kind === type && verify(hash, message, type === "ecdsa" ? key : { key, padding }, signature);
}

const hashes = ["sha224", "sha256", "sha384", "sha512"];
const algorithms = ["ed25519", "ed25519ph", ...hashes.flatMap((hash) => [`ecdsa-${hash}`, `rsa-pkcs1v15-${hash}`])];

/** Every algorithm by which the signature at `source` holds under a key of the policy. */
export const algorithmsThatHold = (
  source: EntitySource,
  image: string,
  layouts: readonly string[],
  policy: string,
): readonly string[] =>
  readSigned(source, image, layouts).flatMap((signed) =>
    algorithms.filter((algorithm) => keysOf(policy).some((key) => holdsUnder(key, algorithm, signed))),
  );

/** Whether the signature at `source` holds under the certificate beside it or under a key that the policy holds. */
export function holdsIndependently(
  { source, digest: image, signer: { algorithm } }: Pick<Evidence, "source" | "digest" | "signer">,
  layouts: readonly string[],
  policy: string,
): boolean {
  const keys = keysOf(policy);
  return readSigned(source, image, layouts).some((signed) =>
    [...carriedKey(signed), ...keys].some((key) => holdsUnder(key, algorithm, signed)),
  );
}

/** SHA-256 of every public key that follows another one in its field, as logs are named. */
export function laterKeyIds(policy: string): ReadonlySet<string> {
  const ends = [...policy.matchAll(block)];
  const follows = ends.filter((found, index) => {
    const before = ends[index - 1];
    return before !== undefined && !/^\s*[A-Za-z]+:/m.test(policy.slice(before.index + before[0].length, found.index));
  });
  return new Set(
    follows
      .flatMap(([text]) => keysOf(text))
      .map((key) =>
        createHash("sha256")
          .update(key.export({ format: "der", type: "spki" }))
          .digest("hex"),
      ),
  );
}
