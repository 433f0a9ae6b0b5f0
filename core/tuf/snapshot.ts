/**
 * Snapshot metadata: the version of every targets role. Source: TUF 1.0 §4.4.
 *
 * Signed, beside what all metadata has:
 *
 *     {"meta":{"targets.json":{"version":4},"team.json":{"version":2,"length":900,"hashes":{"sha256":"1d3f…"}}}}
 */
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { type ListedMetadata, readListedMetadata } from "./listed-file.ts";
import { type Metadata, parseMetadata } from "./metadata.ts";
import { readEntries } from "./metadata-shape.ts";

export interface Snapshot {
  /** By role, without `.json`. */
  readonly targets: ReadonlyMap<string, ListedMetadata>;
}

/** @throws EngineError `malformed`, `over-limit`, `unsupported`. */
export const parseSnapshot = (bytes: Uint8Array, limits: Limits): Metadata<Snapshot> =>
  parseMetadata(bytes, {
    role: "snapshot",
    type: "snapshot",
    limits,
    maxBytes: limits.tufSnapshotBytes,
    read: (signed) => {
      const listed = readEntries(signed.meta, "/signed/meta", (entry, at, name) => {
        if (!name.endsWith(".json"))
          throw new EngineError("malformed", "a metadata file whose name does not end in .json", { subject: at });
        return readListedMetadata(entry, at);
      });
      return { targets: new Map([...listed].map(([name, file]) => [name.slice(0, -".json".length), file])) };
    },
  });
