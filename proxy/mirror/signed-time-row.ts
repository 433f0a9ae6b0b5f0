/** The row of the table `signed_time`. Source: docs/spec/offline.md#rollback-floors. */
import { hasChecksum } from "./row-checksum.ts";
import { corrupt } from "./store-error.ts";

export interface SignedTimeRow {
  readonly signed: string;
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
}

/** @throws EngineError `mirror-corrupt` when the row was changed since it was written. */
export function readSignedTime({ signed, at, source, checksum }: SignedTimeRow): Date {
  if (!hasChecksum(checksum, signed, at, source))
    throw corrupt("newest signed time", "the newest signed time was changed since it was written");
  return new Date(signed);
}
