/**
 * A candidate that is a layer of a cosign manifest: payload or envelope in the blob, everything else in annotations.
 * Source: cosign signature specification (docs/spec/sigstore.md#tag-layout, #simple-signing-payload).
 *
 * The descriptor of such a layer in its manifest:
 *
 *     {"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"sha256:5be1…","size":240,
 *      "annotations":{
 *       "dev.cosignproject.cosign/signature":"MEUCIQ…",
 *       "dev.sigstore.cosign/certificate":"-----BEGIN CERTIFICATE-----…",
 *       "dev.sigstore.cosign/chain":"-----BEGIN CERTIFICATE-----…","dev.sigstore.cosign/bundle":"{…}",
 *       "dev.sigstore.cosign/rfc3161timestamp":"{\"SignedRFC3161Timestamp\":\"MIIC…\"}"}}
 */
import { declaredPredicateType } from "../dsse/declared-type.ts";
import { parseEnvelope } from "../dsse/envelope.ts";
import { statementOf } from "../dsse/statement.ts";
import { decodeWrappedBase64 } from "../encoding/base64.ts";
import { goField } from "../encoding/go-json.ts";
import { parseJson } from "../encoding/json.ts";
import { readObject, readString } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { readBlob, requireContent, requireSize } from "../oci/lookup.ts";
import type { Digest } from "../crypto/digest.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseRekorBundleAnnotation } from "../tlog/rekor-v1/bundle-annotation.ts";
import { parseCertificatesPem } from "../x509/certificate.ts";
import {
  type CarriedCertificate,
  type EntityPurpose,
  type EntitySource,
  once,
  type SignedContent,
  type SignedEntity,
} from "./signed-entity.ts";
import { layerAnnotation } from "./layer-annotation.ts";

/** The layer, its place, and how to read it. */
export interface LayerPlace {
  readonly purpose: EntityPurpose;
  readonly layout: "tag" | "artifact";
  readonly repository: string;
  readonly tag?: string;
  readonly manifest: Digest;
  readonly index: number;
  readonly descriptor: Descriptor;
  readonly knowledge: Knowledge;
  readonly limits: Limits;
}

/** The candidate of a layer. Its media type does not matter: cosign does not look at it. */
export function layerEntity(place: LayerPlace): SignedEntity {
  const { descriptor, purpose } = place;
  const annotations = descriptor.annotations ?? {};
  const source: EntitySource = {
    layout: place.layout,
    digest: descriptor.digest,
    repository: place.repository,
    ...(place.tag === undefined ? {} : { tag: place.tag }),
    manifest: place.manifest,
    layer: place.index,
  };
  const text = (name: string): string => (Object.hasOwn(annotations, name) ? (annotations[name] ?? "") : "");
  return {
    id: `${purpose} ${place.manifest} ${place.index}`,
    purpose,
    source,
    content: once(() => readContent(place, annotations)),
    declaredTypes: once(() =>
      [declaredType(place) ?? "", text(layerAnnotation.predicateType)].filter((type) => type !== ""),
    ),
    certificate: once(() =>
      readCertificate(text(layerAnnotation.certificate), text(layerAnnotation.chain), place.limits),
    ),
    logEntries: once(() =>
      text(layerAnnotation.bundle) === ""
        ? []
        : [parseRekorBundleAnnotation(text(layerAnnotation.bundle), place.limits)],
    ),
    timestamps: once(() =>
      text(layerAnnotation.timestamp) === "" ? [] : [readTimestamp(text(layerAnnotation.timestamp), place.limits)],
    ),
  };
}

/** What the layer itself says, as far as it is at hand. */
function declaredType({ knowledge, repository, descriptor, limits }: LayerPlace): string | undefined {
  if (descriptor.size > limits.blobBytes) return undefined;
  const blob = readBlob(knowledge, repository, descriptor.digest, limits.blobBytes, descriptor.size);
  return blob.state === "present" ? declaredPredicateType(blob.value, limits) : undefined;
}

function readContent(place: LayerPlace, annotations: Readonly<Record<string, string>>): SignedContent {
  const { descriptor, limits } = place;
  // cosign: the key must exist, also where its value is empty because the envelope holds the signature.
  if (!Object.hasOwn(annotations, layerAnnotation.signature))
    throw new EngineError("malformed", `the layer lacks the annotation ${layerAnnotation.signature}`, {
      subject: descriptor.digest,
    });
  if (descriptor.size > limits.blobBytes)
    throw new EngineError("over-limit", `a layer of ${descriptor.size} bytes, at most ${limits.blobBytes} are read`, {
      subject: descriptor.digest,
    });
  const absent = place.purpose === "signature" ? "no-signature" : "no-attestation";
  const bytes = requireContent(
    readBlob(place.knowledge, place.repository, descriptor.digest, limits.blobBytes, descriptor.size),
    absent,
    descriptor.digest,
  );
  requireSize(bytes, descriptor);
  if (place.purpose === "signature") {
    return {
      kind: "simple-signing",
      payload: bytes,
      signature: readBase64(annotations[layerAnnotation.signature] as string, layerAnnotation.signature),
    };
  }
  const envelope = parseEnvelope(bytes, limits);
  return {
    kind: "dsse",
    envelope,
    statement: statementOf(envelope, { layout: "layer", limits }),
    envelopeBytes: bytes,
  };
}

function readBase64(text: string, subject: string): Uint8Array {
  try {
    return decodeWrappedBase64(text);
  } catch (error) {
    throw new EngineError("malformed", "not base64", { subject, cause: error });
  }
}

/**
 * The first certificate signs. Of the chain the last one, its root, is dropped: nothing that travels with a signature
 * is trusted.
 */
function readCertificate(certificate: string, chain: string, limits: Limits): CarriedCertificate | undefined {
  if (certificate === "") return undefined;
  const [leaf] = parseCertificatesPem(certificate, limits);
  if (leaf === undefined)
    throw new EngineError("malformed", "no certificate in the annotation", { subject: layerAnnotation.certificate });
  const parents = once(() => readChain(chain, limits));
  return {
    certificate: leaf,
    get intermediates() {
      return parents();
    },
  };
}

function readChain(chain: string, limits: Limits): CarriedCertificate["intermediates"] {
  if (chain === "") return [];
  const certificates = parseCertificatesPem(chain, limits);
  if (certificates.length > limits.certificatesPerChain)
    throw new EngineError(
      "over-limit",
      `${certificates.length} certificates in a chain, at most ${limits.certificatesPerChain} are read`,
      {
        subject: layerAnnotation.chain,
      },
    );
  return certificates.slice(0, -1);
}

/** `{"SignedRFC3161Timestamp": base64}`, read as Go reads it. */
function readTimestamp(text: string, limits: Limits): Uint8Array {
  const subject = layerAnnotation.timestamp;
  const object = readObject(parseJson(text, { duplicateKeys: "last-wins", subject, limits }), subject);
  return readBase64(readString(goField(object, "SignedRFC3161Timestamp"), subject), subject);
}
