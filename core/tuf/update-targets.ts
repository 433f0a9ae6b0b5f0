/** Targets metadata of the top level, and of delegated roles. Source: TUF 1.0 §5.6 and §5.6.7.2. */
import { EngineError } from "../errors.ts";
import { type ListedMetadata, verifyListed } from "./listed-file.ts";
import { type Role, verifyThreshold } from "./role.ts";
import { parseTargets } from "./targets.ts";
import { type ReferenceTime, requireUnexpired, type TrustedSet } from "./trusted-set.ts";
import { listedBytes, requireListedVersion } from "./update-snapshot.ts";

/** A targets role and who delegated to it; the top level is the root's. */
export interface TargetsRole {
  readonly name: string;
  readonly parent: string | undefined;
}

export const topLevelTargets: TargetsRole = { name: "targets", parent: undefined };

/**
 * The snapshot's entry for a role's metadata.
 * @throws EngineError `no-trust` before there is a snapshot, `malformed` when it does not list the role.
 */
export function listedTargets({ snapshot }: TrustedSet, name: string): ListedMetadata {
  if (snapshot === undefined) throw new EngineError("no-trust", "targets before any snapshot", { subject: name });
  const listed = snapshot.signed.targets.get(name);
  if (listed === undefined)
    throw new EngineError("malformed", `snapshot version ${snapshot.version} does not list the role`, {
      subject: name,
    });
  return listed;
}

/**
 * The keys of a role under a parent.
 * @throws EngineError `no-trust` when the parent is not there, or does not delegate to it.
 */
export function roleOf(set: TrustedSet, { name, parent }: TargetsRole): Role {
  if (parent === undefined) return set.root.signed.roles.targets;
  const delegated = set.targets.get(parent)?.metadata.signed.delegations?.find(name);
  if (delegated === undefined)
    throw new EngineError("no-trust", `${parent} does not delegate to this role`, { subject: name });
  return delegated.role;
}

/** @throws EngineError `bad-threshold`, `rollback`, `stale`, `malformed`, `over-limit`, `unsupported`, `no-trust`. */
export function updateTargets(set: TrustedSet, role: TargetsRole, bytes: Uint8Array, at: ReferenceTime): TrustedSet {
  const listed = listedTargets(set, role.name);
  // 5.6.2
  verifyListed(bytes, listed, role.name);
  const metadata = parseTargets(bytes, set.limits, role.name);
  // 5.6.3
  verifyThreshold(metadata, roleOf(set, role), set.verifier, role.parent ?? `root version ${set.root.version}`);
  // 5.6.4
  requireListedVersion(role.name, metadata.version, listed);
  // 5.6.5
  requireUnexpired(metadata, at);
  return { ...set, targets: new Map([...set.targets, [role.name, { metadata, parent: role.parent }]]) };
}

/** Bytes that may be read of a role's metadata. */
export const targetsBytes = (set: TrustedSet, name: string): number =>
  listedBytes(listedTargets(set, name), set.limits.tufTargetsBytes);
