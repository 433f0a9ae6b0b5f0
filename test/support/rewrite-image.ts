/**
 * Copies of a signed image with something about its signature changed, and every digest above the change made right
 * again: what an attacker with a registry can do.
 */
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { SignedImage } from "./images.ts";
import { defaultLimits } from "../../core/limits.ts";

export interface SignedLayer {
  payload: Uint8Array;
  mediaType: string;
  annotations: Record<string, string>;
}

interface ManifestJson {
  layers: { mediaType: string; digest: Digest; size: number; annotations?: Record<string, string> }[];
  readonly [key: string]: unknown;
}

/** The value of a present answer. */
export function present(knowledge: Knowledge, question: Question): unknown {
  const answer = knowledge.answer(question);
  if (answer?.state !== "present") throw new Error(`not there: ${JSON.stringify(question)}`);
  return answer.value;
}

const bytesOf = (knowledge: Knowledge, kind: "manifest" | "blob", repository: string, digest: Digest): Uint8Array =>
  present(knowledge, { kind, repository, digest }) as Uint8Array;

/** The layers of the image's signature or attestation manifest. */
export function signedLayers(
  { knowledge, repository, digest }: SignedImage,
  kind: "signature" | "attestation",
): { readonly json: ManifestJson; readonly layers: SignedLayer[] } {
  const { digest: manifest } = present(knowledge, { kind: "tag", repository, tag: associatedTag(digest, kind) }) as {
    readonly digest: Digest;
  };
  const json = JSON.parse(decodeUtf8(bytesOf(knowledge, "manifest", repository, manifest))) as ManifestJson;
  return {
    json,
    layers: json.layers.map((layer) => ({
      payload: bytesOf(knowledge, "blob", repository, layer.digest),
      mediaType: layer.mediaType,
      annotations: { ...layer.annotations },
    })),
  };
}

/** The image alone in a complete repository, with the layers that `change` leaves. */
export function rewritten(
  image: SignedImage,
  kind: "signature" | "attestation",
  change: (layers: SignedLayer[]) => SignedLayer[] | undefined,
): SignedImage {
  const { json, layers } = signedLayers(image, kind);
  const left = change(layers) ?? layers;
  const knowledge = new MemoryKnowledge(defaultLimits);
  knowledge.putManifest(
    image.repository,
    bytesOf(image.knowledge, "manifest", image.repository, image.digest),
    image.tag,
  );
  const descriptors = left.map(({ payload, mediaType, annotations }) => {
    knowledge.putBlob(image.repository, payload);
    return { mediaType, digest: digestOf(payload), size: payload.length, annotations };
  });
  knowledge.putManifest(
    image.repository,
    encodeUtf8(JSON.stringify({ ...json, layers: descriptors })),
    associatedTag(image.digest, kind),
  );
  return { ...image, knowledge: knowledge.complete(image.repository) };
}

/** `rewritten` for the only layer. */
export const rewrittenLayer = (
  image: SignedImage,
  kind: "signature" | "attestation",
  change: (layer: SignedLayer) => void,
): SignedImage =>
  rewritten(image, kind, (layers) => {
    if (layers[0] !== undefined) change(layers[0]);
    return layers.slice(0, 1);
  });
