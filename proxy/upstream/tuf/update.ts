/**
 * The client workflow of TUF with a mirror to ask: the order of fetching, around the pure steps of core. Source: TUF
 * 1.0 §5.
 */
import { EngineError } from "../../../core/errors.ts";
import { findTarget } from "../../../core/tuf/find-target.ts";
import { type TargetFile, verifyListed } from "../../../core/tuf/listed-file.ts";
import { servedTargetPath } from "../../../core/tuf/target-path.ts";
import type { ReferenceTime, TrustedSet } from "../../../core/tuf/trusted-set.ts";
import { requireFinalRoot, updateRoot } from "../../../core/tuf/update-root.ts";
import { listedSnapshot, snapshotBytes, updateSnapshot } from "../../../core/tuf/update-snapshot.ts";
import {
  listedTargets,
  targetsBytes,
  type TargetsRole,
  topLevelTargets,
  updateTargets,
} from "../../../core/tuf/update-targets.ts";
import { updateTimestamp } from "../../../core/tuf/update-timestamp.ts";
import type { TufMirror } from "./fetch-files.ts";

/** What a client keeps between updates, by role. Only verified metadata is written. */
export interface HeldRoles {
  read(role: string): Uint8Array | undefined;
  write(role: string, bytes: Uint8Array): void;
  remove(role: string): void;
}

export interface TufUpdate {
  readonly mirror: TufMirror;
  readonly held: HeldRoles;
  /** The time at which expiry is judged. */
  readonly now: ReferenceTime;
}

/** A role's name in URLs and file names, encoded so that it is never a path. */
export const quoteRole = (role: string): string =>
  encodeURIComponent(role).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Brings a trusted root up to date, then timestamp, snapshot and targets. Held metadata that is still good is not
 * fetched.
 * @throws EngineError as the steps, `no-trust` when the mirror lacks a role, and the codes of an outage. Metadata
 * written before the error stays.
 */
export async function refresh(trusted: TrustedSet, update: TufUpdate): Promise<TrustedSet> {
  let set = await refreshRoot(trusted, update);
  requireFinalRoot(set, update.now);
  set = await refreshTimestamp(set, update);
  const { version } = listedSnapshot(set);
  const snapshot = set;
  set = await refreshRole(update, "snapshot", version, set, snapshotBytes(set), (bytes, isHeld) =>
    updateSnapshot(snapshot, bytes, update.now, { isHeld }),
  );
  return addTargets(set, topLevelTargets, update);
}

async function refreshRoot(trusted: TrustedSet, { mirror, held }: TufUpdate): Promise<TrustedSet> {
  let set = trusted;
  for (let rotation = 0; rotation < trusted.limits.tufRootRotations; rotation++) {
    const bytes = await fetchRoot(mirror, `${set.root.version + 1n}.root.json`, trusted.limits.tufRootBytes);
    if (bytes === undefined) return set;
    const next = updateRoot(set, bytes);
    // Before the root is written, so that no crash leaves metadata that the new root revoked.
    if (next.floors !== set.floors) for (const role of ["timestamp", "snapshot"]) held.remove(role);
    held.write("root", bytes);
    set = next;
  }
  return set;
}

/** Storage services answer 403 for missing files, and every update asks for a root that may not exist yet. */
async function fetchRoot(mirror: TufMirror, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    return await mirror.fetch(path, maxBytes);
  } catch (error) {
    if (error instanceof EngineError && error.code === "access-denied") return undefined;
    throw error;
  }
}

/** 5.4.3.1: an equal version ends the update, and the held metadata stays. */
async function refreshTimestamp(set: TrustedSet, { mirror, held, now }: TufUpdate): Promise<TrustedSet> {
  const fetched = await fetchPresent(mirror, "timestamp.json", set.limits.tufTimestampBytes);
  const next = updateTimestamp(set, fetched, now);
  const bytes = held.read("timestamp");
  const kept = bytes === undefined ? undefined : stillGood(() => updateTimestamp(set, bytes, now));
  if (kept?.timestamp !== undefined && kept.timestamp.version === next.timestamp?.version) return kept;
  held.write("timestamp", fetched);
  return next;
}

/** The held metadata if it satisfies the step; else the mirror's, which must satisfy it. */
async function refreshRole(
  { mirror, held }: TufUpdate,
  role: string,
  version: bigint,
  { root }: TrustedSet,
  maxBytes: number,
  step: (bytes: Uint8Array, isHeld: boolean) => TrustedSet,
): Promise<TrustedSet> {
  const bytes = held.read(role);
  const kept = bytes === undefined ? undefined : stillGood(() => step(bytes, true));
  if (kept !== undefined) return kept;
  const fetched = await fetchPresent(
    mirror,
    `${root.signed.consistentSnapshot ? `${version}.` : ""}${quoteRole(role)}.json`,
    maxBytes,
  );
  const next = step(fetched, false);
  held.write(role, fetched);
  return next;
}

function stillGood(step: () => TrustedSet): TrustedSet | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

async function fetchPresent(mirror: TufMirror, path: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = await mirror.fetch(path, maxBytes);
  if (bytes === undefined) throw new EngineError("no-trust", `${mirror.url} does not have ${path}`, { subject: path });
  return bytes;
}

const addTargets = (set: TrustedSet, role: TargetsRole, update: TufUpdate): Promise<TrustedSet> =>
  refreshRole(update, role.name, listedTargets(set, role.name).version, set, targetsBytes(set, role.name), (bytes) =>
    updateTargets(set, role, bytes, update.now),
  );

/**
 * Looks a target up, fetching the delegated roles that the search comes to.
 * @throws EngineError as {@link refresh}, and `no-trust` when no role vouches for it.
 */
export async function lookUpTarget(
  trusted: TrustedSet,
  path: string,
  update: TufUpdate,
): Promise<{ readonly set: TrustedSet; readonly target: TargetFile }> {
  let set = trusted;
  for (;;) {
    const search = findTarget(set, path);
    if (search.state === "found") return { set, target: search.target };
    if (search.state === "absent")
      throw new EngineError("no-trust", "no role vouches for the target", { subject: path });
    set = await addTargets(set, search.role, update);
  }
}

/**
 * The verified bytes of a target, from a mirror of targets.
 * @throws EngineError `malformed` when they differ from the metadata, `over-limit`, `no-trust` when they are missing.
 */
export async function fetchTarget(
  { root, limits }: TrustedSet,
  target: TargetFile,
  mirror: TufMirror,
  maxBytes: number,
): Promise<Uint8Array> {
  if (target.length > BigInt(maxBytes))
    throw new EngineError("over-limit", `a target of ${target.length} bytes`, { subject: target.path });
  const path = servedTargetPath(target, root.signed.consistentSnapshot, limits);
  const bytes = await fetchPresent(mirror, path.split("/").map(encodeURIComponent).join("/"), Number(target.length));
  verifyListed(bytes, target, target.path);
  return bytes;
}
