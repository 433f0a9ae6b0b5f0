/** The snapshots that a registry has, newest first. Source: docs/spec/snapshot.md. */
import type { SnapshotStatement } from "../../core/archive/snapshot-statement.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { Registry } from "../upstream/registry/open-registry.ts";
import { findSequence, sequenceTag } from "./artifact.ts";
import { type FindOptions, findSnapshot, type Judging, resolvePlace } from "./find-snapshot.ts";
import type { SnapshotPlace } from "./place.ts";

interface ListOptions extends FindOptions {
  readonly registry: Pick<Registry, "parts" | "listTags">;
}

export interface SnapshotRow {
  readonly sequence: number;
  /** Of its manifest, where it is one. */
  readonly manifest?: Digest;
  /** Whether the tag of the place points to it. */
  readonly isNewest: boolean;
  /** What an accepted key signed. */
  readonly statement?: SnapshotStatement;
  /** Fingerprint of that key. */
  readonly key?: string;
  /** Why nothing of it is known. */
  readonly problem?: EngineError;
}

export interface SnapshotRows {
  readonly rows: readonly SnapshotRow[];
  /** How many there are in all. */
  readonly total: number;
}

/** The sequences whose tags the repository has, the highest first. @throws EngineError an outage */
export async function listSequences(
  { repository }: SnapshotPlace,
  { registry, signal }: ListOptions,
): Promise<readonly number[]> {
  const found = await registry.listTags(repository, signal);
  return (found?.tags ?? []).flatMap((tag) => findSequence(tag) ?? []).sort((left, right) => right - left);
}

/** At most `most` of them. @throws EngineError an outage */
export async function listSnapshots(
  place: SnapshotPlace,
  judging: Judging,
  most: number,
  options: ListOptions,
): Promise<SnapshotRows> {
  const sequences = await listSequences(place, options);
  if (sequences.length === 0)
    throw new EngineError("image-not-found", "the registry has no snapshot there", {
      subject: place.text,
      remedy: "no-snapshot",
    });
  const newest = await resolvePlace(place, options);
  const rows: SnapshotRow[] = [];
  for (const sequence of sequences.slice(0, most)) {
    const own = { ...place, tag: sequenceTag(sequence) };
    rows.push({ sequence, isNewest: false, ...(await rowOf(own, newest, judging, options)) });
  }
  return { rows, total: sequences.length };
}

async function rowOf(
  place: SnapshotPlace,
  newest: Digest,
  judging: Judging,
  options: ListOptions,
): Promise<Partial<SnapshotRow>> {
  let manifest: Digest | undefined;
  try {
    manifest = await resolvePlace(place, options);
    const { statement, key } = await findSnapshot({ ...place, digest: manifest }, judging, options);
    return { manifest, isNewest: manifest === newest, statement, key: key.fingerprint };
  } catch (error) {
    if (!(error instanceof EngineError) || options.signal.aborted) throw error;
    return { problem: error, ...(manifest === undefined ? {} : { manifest, isNewest: manifest === newest }) };
  }
}
