/** Rows of the table `tuf_metadata`: raw metadata under the version that it states. Source: TUF 1.0 §4.2. */
import { parseJson } from "../../core/encoding/json.ts";
import { readInteger, readObject } from "../../core/encoding/shape.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";

/** The columns repository, role, version, digest, bytes. */
export type MetadataRow = readonly [string, string, number, Digest, Uint8Array];

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
  put(repository, role, version, digest, bytes);
  return { version, digest };
}
