/**
 * The documents around the lists, which make an archive an OCI layout. All but the end of `index.json` follow from the
 * statement and its envelope, so that a reader knows every byte of them. Source: docs/spec/archive.md#layout, OCI image
 * 1.1 (image layout, manifest, index).
 */
import type { Digest } from "../crypto/digest.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { mediaTypes } from "../oci/manifest.ts";
import type { ArchiveStatement, NamedDocument } from "./archive-statement.ts";
import { encodeText } from "./canonical-line.ts";
import {
  archiveArtifactType,
  archiveRefName,
  blobsMediaType,
  capsuleMediaType,
  coverageMediaType,
  entriesMediaType,
  envelopeMediaType,
} from "./names.ts";

const refNameAnnotation = "org.opencontainers.image.ref.name";
const titleAnnotation = "org.opencontainers.image.title";

const encode = (value: JsonValue): Uint8Array => encodeUtf8(encodeCanonicalJson(value));

/** The file `oci-layout`. */
export const layoutMarker = encode({ imageLayoutVersion: "1.0.0" });

const described = (mediaType: string, { digest, size }: NamedDocument, title?: string): JsonObject => ({
  mediaType,
  digest,
  size,
  ...(title === undefined ? {} : { annotations: { [titleAnnotation]: title } }),
});

/** The archive's own manifest in part `part`, which counts from 1. The lists are in the first. */
export function archiveManifest(statement: ArchiveStatement, envelope: NamedDocument, part = 1): Uint8Array {
  const { entryLists, blobLists, coverage, capsule } = statement;
  const layers =
    part > 1
      ? [described(envelopeMediaType, envelope)]
      : [
          ...entryLists.map((list, index) => described(entriesMediaType, list, `entries-${index + 1}.jsonl`)),
          ...blobLists.map((list, index) => described(blobsMediaType, list, `blobs-${index + 1}.jsonl`)),
          ...(coverage === undefined ? [] : [described(coverageMediaType, coverage, "coverage.json")]),
          ...(capsule === undefined ? [] : [described(capsuleMediaType, capsule, "capsule.json")]),
        ];
  return encode({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: archiveArtifactType,
    config: described(envelopeMediaType, envelope),
    layers,
  });
}

/** The artifact that holds what `--bootstrap` brought: `oras pull` writes the files. */
export const artifactManifest = (
  artifactType: string,
  config: NamedDocument,
  files: readonly (NamedDocument & { readonly name: string })[],
): Uint8Array =>
  encode({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config: described("application/vnd.oci.empty.v1+json", config),
    layers: files.map((file) => described("application/octet-stream", file, file.name)),
  });

/** One descriptor of `index.json`, with the name by which other tools copy it, if it has one. */
export const indexLine = (
  { digest, size, mediaType, artifactType }: NamedDocument & { mediaType: string; artifactType?: string | undefined },
  name?: string,
): string =>
  // In the order of RFC 8785, and in half the time of JSON.stringify: for every tag and every referrer.
  `{${name === undefined ? "" : `"annotations":{"${refNameAnnotation}":${encodeText(name)}},`}` +
  `${artifactType === undefined ? "" : `"artifactType":${encodeText(artifactType)},`}"digest":"${digest}",` +
  `"mediaType":${encodeText(mediaType === "" ? mediaTypes.manifest : mediaType)},"size":${size}}`;

/** The beginning of `index.json`, up to the archive's own manifest; after it come further descriptors, if any. */
export function indexStart(manifest: NamedDocument): Uint8Array {
  const own = { ...manifest, mediaType: mediaTypes.manifest, artifactType: archiveArtifactType };
  return encodeUtf8(`{"manifests":[${indexLine(own, archiveRefName)}`);
}

/** The end of `index.json`. */
export const indexEnd = encodeUtf8('],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}');

/** How `index.json` of every archive begins, whatever is in it. */
export const archiveMagic = encodeUtf8(
  `{"manifests":[{"annotations":${encodeCanonicalJson({ [refNameAnnotation]: archiveRefName })},` +
    `"artifactType":${JSON.stringify(archiveArtifactType)},`,
);

/** The file `part.json` of part `part`, which counts from 1. */
export const partDocument = (statement: Digest, part: number, of: number): Uint8Array =>
  encode({ statement, part, of });
