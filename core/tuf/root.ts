/**
 * Root metadata: the keys of every top-level role. Source: TUF 1.0 §4.3.
 *
 * Signed, beside what all metadata has:
 *
 *     {"consistent_snapshot":true,
 *      "keys":{"9f31…":{"keytype":"ecdsa","scheme":"ecdsa-sha2-nistp256","keyval":{"public":"-----BEGIN PUBLIC…"}}},
 *      "roles":{"root":{"keyids":["9f31…"],"threshold":1}}}
 */
import type { Limits } from "../limits.ts";
import { readKey } from "./key.ts";
import { type Metadata, parseMetadata } from "./metadata.ts";
import { readRole, type Role, type TopLevelRole, topLevelRoles } from "./role.ts";
import { readEntries, readFlag, readObject } from "./metadata-shape.ts";

export interface Root {
  /** Whether versions stand in the names of metadata, and digests in those of targets. */
  readonly consistentSnapshot: boolean;
  readonly roles: Readonly<Record<TopLevelRole, Role>>;
}

/** @throws EngineError `malformed`, `over-limit`, `unsupported`. */
export const parseRoot = (bytes: Uint8Array, limits: Limits): Metadata<Root> =>
  parseMetadata(bytes, {
    role: "root",
    type: "root",
    limits,
    maxBytes: limits.tufRootBytes,
    read: (signed) => {
      const keys = readEntries(signed.keys, "/signed/keys", (entry, at) => readKey(entry, at, limits));
      const roles = readObject(signed.roles, "/signed/roles");
      const read = (role: TopLevelRole): Role =>
        readRole(readObject(roles[role], `/signed/roles/${role}`), keys, `/signed/roles/${role}`, limits);
      return {
        consistentSnapshot:
          signed.consistent_snapshot === undefined
            ? false
            : readFlag(signed.consistent_snapshot, "/signed/consistent_snapshot"),
        roles: Object.fromEntries(topLevelRoles.map((role) => [role, read(role)])) as Readonly<
          Record<TopLevelRole, Role>
        >,
      };
    },
  });
