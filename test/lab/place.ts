/**
 * Where signatures are kept beside an image: cosign's tags, referrers with cosign's layers, referrers with bundles.
 * Source: cosign signature specification, OCI image 1.1.
 */
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import { cosignSignPredicateType } from "../../core/dsse/predicate-types.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import { bundleMediaType, layerAnnotations } from "./bundle.ts";
import { labPredicateType } from "./identities.ts";
import type { Making } from "./recipe.ts";
import type { Store } from "./store.ts";

interface Kept {
  readonly making: Making;
  readonly image: Descriptor & { readonly bytes: Uint8Array };
  readonly repository: string;
}

const emptyType = "application/vnd.oci.empty.v1+json";
const configType = "application/vnd.oci.image.config.v1+json";
const layerTypes = {
  signature: "application/vnd.dev.cosign.simplesigning.v1+json",
  attestation: "application/vnd.dsse.envelope.v1+json",
} as const;
const artifactTypes = {
  signature: "application/vnd.dev.cosign.artifact.sig.v1+json",
  attestation: "application/vnd.dev.cosign.artifact.att.v1+json",
} as const;

const plain = ({ bytes: _, ...descriptor }: Kept["image"]): Descriptor => descriptor;

export function keepLayer(
  store: Store,
  {
    making,
    image,
    repository,
    entries,
    timestamps,
  }: Kept & { readonly entries: readonly LogEntry[]; readonly timestamps: readonly Uint8Array[] },
): void {
  const { lab, recipe, envelope, payload, signature, certificate } = making;
  const { change = {} } = recipe;
  const purpose = envelope === undefined ? "signature" : "attestation";
  const [entry] = entries;
  const [timestamp] = timestamps;
  const annotations = layerAnnotations({
    ...(envelope === undefined ? { signature } : {}),
    ...(certificate === undefined ? {} : { certificate, chain: lab.authority.chain }),
    ...(entry === undefined ? {} : { entry }),
    ...(timestamp === undefined ? {} : { timestamp }),
  });
  if (envelope !== undefined) annotations.predicateType = recipe.predicateType ?? labPredicateType;
  const layer = store.blob(
    repository,
    envelope ?? payload,
    layerTypes[purpose],
    change.layer?.(annotations, making) ?? annotations,
  );
  const config = {
    architecture: "",
    created: "0001-01-01T00:00:00Z",
    os: "",
    rootfs: { type: "layers", diff_ids: [layer.digest] },
    config: {},
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: store.blob(
      repository,
      encodeUtf8(JSON.stringify(config)),
      recipe.layout === "artifact" ? artifactTypes[purpose] : configType,
    ),
    layers: [layer],
    ...(recipe.layout === "artifact" ? { subject: plain(image) } : {}),
  };
  const tag = recipe.layout === "tag" ? associatedTag(image.digest, purpose) : undefined;
  store.manifest(repository, change.manifest?.(manifest, making) ?? manifest, tag);
}

export function keepBundle(
  store: Store,
  { making, image, repository, bundle }: Kept & { readonly bundle: string },
): void {
  const { recipe } = making;
  const { change = {} } = recipe;
  const predicateType =
    recipe.claim === "attestation" ? (recipe.predicateType ?? labPredicateType) : cosignSignPredicateType;
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: bundleMediaType(recipe.version),
    config: store.blob(repository, encodeUtf8("{}"), emptyType),
    layers: [store.blob(repository, encodeUtf8(bundle), bundleMediaType(recipe.version))],
    subject: plain(image),
    annotations:
      recipe.claim === "blob"
        ? { "dev.sigstore.bundle.content": "message-signature" }
        : { "dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": predicateType },
  };
  store.manifest(repository, change.manifest?.(manifest, making) ?? manifest);
}
