/** The snapshot that the timestamp names. Source: TUF 1.0 §5.5. */
import { EngineError } from "../errors.ts";
import { type ListedMetadata, verifyListed } from "./listed-file.ts";
import { verifyThreshold } from "./role.ts";
import { parseSnapshot } from "./snapshot.ts";
import { type ReferenceTime, requireFloor, requireUnexpired, type TrustedSet } from "./trusted-set.ts";

/** The timestamp's entry for the snapshot. @throws EngineError `no-trust` before there is a timestamp. */
export function listedSnapshot({ timestamp }: TrustedSet): ListedMetadata {
  if (timestamp === undefined)
    throw new EngineError("no-trust", "a snapshot before any timestamp", { subject: "snapshot" });
  return timestamp.signed.snapshot;
}

/**
 * `isHeld`: it was accepted before, so its bytes need not be those that the timestamp states; its version must be.
 * @throws EngineError `bad-threshold`, `rollback`, `stale`, `malformed`, `over-limit`, `unsupported`.
 */
export function updateSnapshot(
  set: TrustedSet,
  bytes: Uint8Array,
  at: ReferenceTime,
  { isHeld = false } = {},
): TrustedSet {
  const listed = listedSnapshot(set);
  // 5.5.2
  if (!isHeld) verifyListed(bytes, listed, "snapshot");
  const snapshot = parseSnapshot(bytes, set.limits);
  // 5.5.3
  verifyThreshold(snapshot, set.root.signed.roles.snapshot, set.verifier, `root version ${set.root.version}`);
  // 5.5.4
  requireListedVersion("snapshot", snapshot.version, listed);
  requireFloor(set.floors, "snapshot", snapshot.version);
  // 5.5.5: every role that was listed still is, and none goes back.
  for (const role of set.floors.keys()) {
    if (role === "root" || role === "timestamp" || role === "snapshot") continue;
    const now = snapshot.signed.targets.get(role);
    if (now === undefined)
      throw new EngineError("rollback", "the snapshot no longer lists this role", { subject: role });
    requireFloor(set.floors, role, now.version);
  }
  // 5.5.6
  requireUnexpired(snapshot, at);
  return { ...set, snapshot, targets: new Map() };
}

/** @throws EngineError `rollback` when it is older than what is listed, `malformed` when it is newer. */
export function requireListedVersion(role: string, version: bigint, listed: ListedMetadata): void {
  if (version !== listed.version)
    throw new EngineError(
      version < listed.version ? "rollback" : "malformed",
      `version ${version} where version ${listed.version} is listed`,
      {
        subject: role,
      },
    );
}

/** Bytes that may be read of a file: what is listed, within the bound. */
export const listedBytes = ({ length }: ListedMetadata, bound: number): number =>
  length === undefined || length > BigInt(bound) ? bound : Number(length);

/** Of the snapshot, see {@link listedBytes}. */
export const snapshotBytes = (set: TrustedSet): number => listedBytes(listedSnapshot(set), set.limits.tufSnapshotBytes);
