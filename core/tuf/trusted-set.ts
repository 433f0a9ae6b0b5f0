/**
 * The metadata that a TUF client trusts so far. Each step of the client workflow returns a new set. Source: TUF 1.0 §5.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Metadata } from "./metadata.ts";
import type { Root } from "./root.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Targets } from "./targets.ts";
import type { Timestamp } from "./timestamp.ts";

/** Versions seen before, by role: nothing lower is accepted. Those of targets roles are what a snapshot listed. */
export type Floors = ReadonlyMap<string, bigint>;

/** Metadata of a targets role, and the delegation under which it was verified. */
export interface TrustedTargets {
  readonly metadata: Metadata<Targets>;
  /** Absent: the root's. */
  readonly parent: string | undefined;
}

export interface TrustedSet {
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
  readonly root: Metadata<Root>;
  readonly timestamp?: Metadata<Timestamp>;
  readonly snapshot?: Metadata<Snapshot>;
  readonly targets: ReadonlyMap<string, TrustedTargets>;
  readonly floors: Floors;
}

/**
 * The time at which expiry is judged. `later`: not in this step; the caller then judges {@link expiries}.
 */
export type ReferenceTime = Date | "later";

/** @throws EngineError `stale` when it expires at the reference time or before. */
export function requireUnexpired({ role, version, expires }: Metadata<unknown>, at: ReferenceTime): void {
  if (at !== "later" && expires.getTime() <= at.getTime())
    throw new EngineError("stale", `${role} version ${version} expired at ${expires.toISOString()}`, { subject: role });
}

/** @throws EngineError `rollback` when a version was seen that is higher. */
export function requireFloor(floors: Floors, role: string, version: bigint): void {
  const floor = floors.get(role);
  if (floor !== undefined && version < floor)
    throw new EngineError("rollback", `version ${version} after version ${floor} was seen`, { subject: role });
}

/** Floors that are the higher of both. */
export function raiseFloors(floors: Floors, seen: Iterable<readonly [string, bigint]>): Floors {
  const raised = new Map(floors);
  for (const [role, version] of seen) {
    const held = raised.get(role);
    if (held === undefined || version > held) raised.set(role, version);
  }
  return raised;
}

/** The expiries of the metadata so far, in the order of trust. */
export const expiries = ({ root, timestamp, snapshot, targets }: TrustedSet): readonly Metadata<unknown>[] => [
  root,
  ...(timestamp === undefined ? [] : [timestamp]),
  ...(snapshot === undefined ? [] : [snapshot]),
  ...[...targets.values()].map(({ metadata }) => metadata),
];

/** The versions that are floors from now on: of the roles, and of everything that the snapshot lists. */
export const versionsOf = ({ root, timestamp, snapshot }: TrustedSet): Floors =>
  new Map<string, bigint>([
    ...[...(snapshot?.signed.targets ?? [])].map(([role, { version }]) => [role, version] as const),
    ["root", root.version],
    ...(timestamp === undefined ? [] : [["timestamp", timestamp.version] as const]),
    ...(snapshot === undefined ? [] : [["snapshot", snapshot.version] as const]),
  ]);
