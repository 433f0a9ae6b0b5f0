/** Names and media types of an archive. Source: docs/spec/archive.md#layout. */
import type { Digest } from "../crypto/digest.ts";

/** The version of the format that this program writes and reads. */
export const archiveFormat = 1;

/** What is imported into a mirror. */
export const archiveKinds = ["full", "delta", "trust"] as const;
export type ArchiveKind = (typeof archiveKinds)[number];

/** A capsule is decided from, and never imported. */
export type StatementKind = ArchiveKind | "capsule";

export const archivePredicateType = "https://sallyport.dev/archive/v1";
export const archiveArtifactType = "application/vnd.sallyport.archive.v1";
export const bootstrapArtifactType = "application/vnd.sallyport.bootstrap.v1";
/** The name of the archive's own manifest in `index.json`, and of what `--bootstrap` adds. */
export const archiveRefName = "sallyport-archive";
export const bootstrapRefName = "sallyport-bootstrap";

export const envelopeMediaType = "application/vnd.dsse.envelope.v1+json";
export const entriesMediaType = "application/vnd.sallyport.archive.entries.v1+jsonl";
export const blobsMediaType = "application/vnd.sallyport.archive.blobs.v1+jsonl";
export const capsuleMediaType = "application/vnd.sallyport.capsule.v1+json";
export const coverageMediaType = "application/vnd.sallyport.coverage.v1+json";

/** Where a blob is in an OCI layout. A digest is hexadecimal, so that the path stays inside it. */
export const blobPath = (digest: Digest): string => `blobs/sha256/${digest.slice("sha256:".length)}`;

const blobPathForm = /^blobs\/sha256\/([0-9a-f]{64})$/;

/** The inverse of {@link blobPath}; `undefined` for any other path. */
export function findBlobDigest(path: string): Digest | undefined {
  const hex = blobPathForm.exec(path)?.[1];
  return hex === undefined ? undefined : `sha256:${hex}`;
}
