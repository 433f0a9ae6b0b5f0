/** The newest timestamp. Source: TUF 1.0 §5.4. */
import { verifyThreshold } from "./role.ts";
import { parseTimestamp } from "./timestamp.ts";
import { type ReferenceTime, requireFloor, requireUnexpired, type TrustedSet } from "./trusted-set.ts";
import { requireFinalRoot } from "./update-root.ts";

/** @throws EngineError `bad-threshold`, `rollback`, `stale`, `malformed`, `over-limit`, `unsupported`. */
export function updateTimestamp(set: TrustedSet, bytes: Uint8Array, at: ReferenceTime): TrustedSet {
  requireFinalRoot(set, at);
  const timestamp = parseTimestamp(bytes, set.limits);
  // 5.4.2
  verifyThreshold(timestamp, set.root.signed.roles.timestamp, set.verifier, `root version ${set.root.version}`);
  // 5.4.3.1: neither itself nor, 5.4.3.2, the snapshot goes back.
  requireFloor(set.floors, "timestamp", timestamp.version);
  requireFloor(set.floors, "snapshot", timestamp.signed.snapshot.version);
  // 5.4.4
  requireUnexpired(timestamp, at);
  const { snapshot: _, ...rest } = set;
  return { ...rest, timestamp, targets: new Map() };
}
