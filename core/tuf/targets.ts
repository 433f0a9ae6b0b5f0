/**
 * Targets metadata, of the top level and of delegated roles: files, and who else may vouch for which. Source: TUF 1.0
 * §4.5.
 *
 * Signed, beside what all metadata has:
 *
 *     {"targets":{"trusted_root.json":{"length":4567,"hashes":{"sha256":"6494…"}}},
 *      "delegations":{"keys":{},"roles":[{"name":"team","keyids":["9f31…"],"threshold":1,"paths":["team/*"],
 *       "terminating":true}]}}
 */
import type { Limits } from "../limits.ts";
import { type Delegations, readDelegations } from "./delegations.ts";
import { readTargetFile, type TargetFile } from "./listed-file.ts";
import { type Metadata, parseMetadata } from "./metadata.ts";
import { readEntries } from "./metadata-shape.ts";

export interface Targets {
  readonly files: ReadonlyMap<string, TargetFile>;
  readonly delegations: Delegations | undefined;
}

/** @throws EngineError `malformed`, `over-limit`, `unsupported`. */
export const parseTargets = (bytes: Uint8Array, limits: Limits, role = "targets"): Metadata<Targets> =>
  parseMetadata(bytes, {
    role,
    type: "targets",
    limits,
    maxBytes: limits.tufTargetsBytes,
    read: (signed) => ({
      files: readEntries(signed.targets, "/signed/targets", readTargetFile),
      delegations:
        signed.delegations === undefined
          ? undefined
          : readDelegations(signed.delegations, "/signed/delegations", limits),
    }),
  });
