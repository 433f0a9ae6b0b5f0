/** Rows of the table `complete`: claims that everything of a host, a repository or an image is here. */
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import { hasChecksum } from "./row-checksum.ts";
import { corrupt } from "./store-error.ts";

export interface CompleteRow {
  readonly scope: string;
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
}

/** @throws EngineError `mirror-corrupt` when the row was changed since it was written. */
export function readComplete({ scope, at, source, checksum }: CompleteRow): CompletenessClaim {
  if (!hasChecksum(checksum, scope, at, source))
    throw corrupt(scope, "a row of the mirror was changed since it was written");
  return { scope, at, from: source };
}
