/** Rows of the table `complete`: claims that everything of a host, a repository or an image is here. */
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import { hasChecksum, hasHexChecksum } from "./row-checksum.ts";
import { corrupt } from "./store-error.ts";

export interface CompleteRow {
  readonly scope: string;
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
}

/** A row as `find-complete` gives it to decisions: its checksum in hexadecimal digits, of which no `Buffer` is made. */
export type ClaimColumns = readonly [scope: string, at: string, source: string, checksum: string];

/**
 * The row for inspections, which see a checksum of another type, too.
 * @throws EngineError `mirror-corrupt` when the row was changed since it was written.
 */
export const readComplete = ({ scope, at, source, checksum }: CompleteRow): CompletenessClaim =>
  checked(scope, at, source, hasChecksum(checksum, scope, at, source));

/** The row for decisions. @throws EngineError as {@link readComplete}. */
export const readClaim = ([scope, at, source, checksum]: ClaimColumns): CompletenessClaim =>
  checked(scope, at, source, hasHexChecksum(checksum, scope, at, source));

function checked(scope: string, at: string, from: string, isWhole: boolean): CompletenessClaim {
  if (!isWhole) throw corrupt(scope, "a row of the mirror was changed since it was written");
  return { scope, at, from };
}
