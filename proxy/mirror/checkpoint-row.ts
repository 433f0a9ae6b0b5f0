/** Rows of the table `checkpoint`: the newest that was seen of each log. Source: docs/spec/offline.md#mirror. */
import { hasChecksum, textDigest } from "./row-checksum.ts";
import { corrupt } from "./store-error.ts";

export interface CheckpointRow {
  readonly origin: string;
  /** Decimal. */
  readonly size: string;
  readonly digest: string;
  readonly note: string;
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
}

/** @throws EngineError `mirror-corrupt` when the row was changed since it was written. */
export function checkCheckpoint({ origin, size, digest, note, at, source, checksum }: CheckpointRow): void {
  if (
    !hasChecksum(checksum, origin, size, digest, at, source) ||
    typeof note !== "string" ||
    textDigest(note) !== digest
  )
    throw corrupt(origin, "a checkpoint was changed since it was written");
}
