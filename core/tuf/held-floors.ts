/**
 * The floors of the next update: versions that a client has seen, from its stored metadata. Source: TUF 1.0 §5.4.3,
 * §5.5.5.
 */
import { EngineError } from "../errors.ts";
import { verifyThreshold } from "./role.ts";
import { parseSnapshot } from "./snapshot.ts";
import { parseTimestamp } from "./timestamp.ts";
import { type Floors, raiseFloors, type TrustedSet } from "./trusted-set.ts";

export interface HeldMetadata {
  readonly timestamp?: Uint8Array | undefined;
  readonly snapshot?: Uint8Array | undefined;
}

/**
 * Floors of a set raised by held metadata. It may have expired; what its keys did not sign was never accepted, and
 * counts for nothing.
 */
export function withHeldFloors(set: TrustedSet, { timestamp, snapshot }: HeldMetadata): TrustedSet {
  const { timestamp: timestampRole, snapshot: snapshotRole } = set.root.signed.roles;
  const seenInTimestamp = orNothing(timestamp, (bytes) => {
    const metadata = parseTimestamp(bytes, set.limits);
    verifyThreshold(metadata, timestampRole, set.verifier, "the held root");
    return [["timestamp", metadata.version] as const, ["snapshot", metadata.signed.snapshot.version] as const];
  });
  const seenInSnapshot = orNothing(snapshot, (bytes) => {
    const metadata = parseSnapshot(bytes, set.limits);
    verifyThreshold(metadata, snapshotRole, set.verifier, "the held root");
    return [
      ["snapshot", metadata.version] as const,
      ...[...metadata.signed.targets].map(([role, { version }]) => [role, version] as const),
    ];
  });
  const floors: Floors = raiseFloors(set.floors, [["root", set.root.version], ...seenInTimestamp, ...seenInSnapshot]);
  return { ...set, floors };
}

function orNothing<T>(bytes: Uint8Array | undefined, read: (bytes: Uint8Array) => readonly T[]): readonly T[] {
  if (bytes === undefined) return [];
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}
