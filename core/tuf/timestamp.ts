/**
 * Timestamp metadata: the newest snapshot. Source: TUF 1.0 §4.6.
 *
 * Signed, beside what all metadata has:
 *
 *     {"meta":{"snapshot.json":{"version":4}}}
 */
import type { Limits } from "../limits.ts";
import { type ListedMetadata, readListedMetadata } from "./listed-file.ts";
import { type Metadata, parseMetadata } from "./metadata.ts";
import { readObject } from "./metadata-shape.ts";

export interface Timestamp {
  readonly snapshot: ListedMetadata;
}

/** @throws EngineError `malformed`, `over-limit`, `unsupported`. */
export const parseTimestamp = (bytes: Uint8Array, limits: Limits): Metadata<Timestamp> =>
  parseMetadata(bytes, {
    role: "timestamp",
    type: "timestamp",
    limits,
    maxBytes: limits.tufTimestampBytes,
    read: (signed) => ({
      snapshot: readListedMetadata(
        readObject(signed.meta, "/signed/meta")["snapshot.json"],
        "/signed/meta/snapshot.json",
      ),
    }),
  });
