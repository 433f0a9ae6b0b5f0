/**
 * A snapshot in a registry: a manifest whose one layer is the SQLite file, and as its referrer a manifest whose one
 * layer is the signed statement. Source: docs/spec/snapshot.md#artifact, OCI image 1.1 (guidelines for artifact usage).
 */
import { envelopeMediaType } from "../../core/archive/names.ts";
import type { SnapshotStatement } from "../../core/archive/snapshot-statement.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { mediaTypes, parseManifest } from "../../core/oci/manifest.ts";

export const snapshotArtifactType = "application/vnd.sallyport.snapshot.v1";
export const statementArtifactType = "application/vnd.sallyport.snapshot.statement.v1";
const fileMediaType = "application/vnd.sallyport.snapshot.v1+sqlite3";

/** The empty config of an artifact. */
export const emptyConfig = encodeUtf8("{}");
const config = {
  mediaType: "application/vnd.oci.empty.v1+json",
  digest: digestOf(emptyConfig),
  size: emptyConfig.length,
};

export interface ArtifactManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: Digest;
}

function manifestOf(members: Parameters<typeof encodeCanonicalJson>[0] & object): ArtifactManifest {
  const mediaType = mediaTypes.manifest;
  const bytes = encodeUtf8(encodeCanonicalJson({ schemaVersion: 2, mediaType, config, ...members }));
  return { bytes, mediaType, digest: digestOf(bytes) };
}

/** The annotations are for people: nobody believes them. */
export const snapshotManifest = ({ digest, size, sequence, contentId, created }: SnapshotStatement): ArtifactManifest =>
  manifestOf({
    artifactType: snapshotArtifactType,
    layers: [{ mediaType: fileMediaType, digest, size }],
    annotations: {
      "dev.sallyport.content-id": contentId,
      "dev.sallyport.sequence": String(sequence),
      "org.opencontainers.image.created": created,
    },
  });

export const statementManifest = (envelope: Uint8Array, subject: ArtifactManifest): ArtifactManifest =>
  manifestOf({
    artifactType: statementArtifactType,
    layers: [{ mediaType: envelopeMediaType, digest: digestOf(envelope), size: envelope.length }],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length },
  });

/** The one layer of a manifest of this type. @throws EngineError `archive-corrupt` for anything else, `over-limit`. */
export function oneLayer(bytes: Uint8Array, artifactType: string, subject: string, limits: Limits): Descriptor {
  const wrong = (why: string, cause?: unknown): EngineError =>
    new EngineError("archive-corrupt", why, { subject, cause });
  try {
    const manifest = parseManifest(bytes, limits);
    const [layer, ...others] = manifest.layers;
    if (manifest.artifactType !== artifactType || layer === undefined || others.length > 0)
      throw wrong(`no artifact of type ${artifactType} with one layer`);
    return layer;
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
    throw wrong(error.message, error);
  }
}

/** The tag of a snapshot's own, which does not move. */
export const sequenceTag = (sequence: number): string => `snapshot-${sequence}`;

/** The inverse of {@link sequenceTag}; `undefined` for any other tag. */
export function findSequence(tag: string): number | undefined {
  const digits = /^snapshot-([1-9]\d{0,14})$/.exec(tag)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
