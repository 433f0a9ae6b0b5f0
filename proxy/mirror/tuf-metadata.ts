/**
 * Rows of the table `tuf_metadata`: raw metadata under the version that it states, and targets other than the trusted
 * root, `targets/PATH` under the version 0, which no metadata has. Source: TUF 1.0 §4.2, §4.5.
 */
import { parseJson } from "../../core/encoding/json.ts";
import { readInteger, readObject } from "../../core/encoding/shape.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";
import { hasChecksum, rowChecksum } from "./row-checksum.ts";
import { corrupt } from "./store-error.ts";

/** The version of a row that is a target. */
export const targetVersion = 0;

/** The role of a row that is a target. */
export const targetRole = (path: string): string => `targets/${path}`;

/** Whether a row is a target. */
export const isTarget = ({ role, version }: { readonly role: string; readonly version: number }): boolean =>
  version === targetVersion && role.startsWith("targets/");

/** The columns repository, role, version, digest, bytes, checksum. */
export type MetadataRow = readonly [string, string, number, Digest, Uint8Array, Buffer];

/** A row as it is read, without its bytes. */
export interface MetadataTableRow {
  readonly repository: string;
  readonly role: string;
  readonly version: number;
  readonly digest: string;
  readonly checksum: Buffer;
}

const metadataChecksum = (repository: string, role: string, version: number, digest: string): Buffer =>
  rowChecksum(repository, role, String(version), digest);

/** @throws EngineError `mirror-corrupt` when the row, but for its bytes, was changed since it was written. */
export function checkMetadataRow({ repository, role, version, digest, checksum }: MetadataTableRow): void {
  if (!hasChecksum(checksum, repository, role, String(version), digest))
    throw corrupt(`${repository} ${role} ${version}`, "a row of TUF metadata was changed since it was written");
}

/**
 * Stores metadata through `put`. It is not verified; only its version is read.
 * @throws EngineError `malformed` when it states no version.
 */
export function storeMetadata(
  put: (...row: MetadataRow) => void,
  repository: string,
  role: string,
  bytes: Uint8Array,
  limits: Limits,
): { version: number; digest: Digest } {
  const document = readObject(
    parseJson(bytes, {
      maxBytes: limits.trustedRootBytes,
      subject: `${repository} ${role}`,
      limits,
    }),
    "",
  );
  const version = readInteger(readObject(document.signed, "/signed").version, "/signed/version");
  const digest = digestOf(bytes);
  put(repository, role, version, digest, bytes, metadataChecksum(repository, role, version, digest));
  return { version, digest };
}

/** Stores a target through `put`, by the role of its row. Nothing about it is verified. */
export function storeTarget(
  put: (...row: MetadataRow) => void,
  repository: string,
  role: string,
  bytes: Uint8Array,
): Digest {
  const digest = digestOf(bytes);
  put(repository, role, targetVersion, digest, bytes, metadataChecksum(repository, role, targetVersion, digest));
  return digest;
}
