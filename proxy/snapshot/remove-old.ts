/** Old snapshots of a registry are deleted, where it allows that. Source: docs/spec/snapshot.md#old-snapshots. */
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import type { Registry } from "../upstream/registry/open-registry.ts";
import { type FindOptions, listStatements, loadListed, resolvePlace } from "./find-snapshot.ts";
import { listSequences } from "./list-snapshots.ts";
import { sequenceTag } from "./artifact.ts";
import type { SnapshotPlace } from "./place.ts";

export interface Removed {
  /** Sequences that are gone. */
  readonly removed: readonly number[];
  /** Why others could not be deleted. */
  readonly refused?: string;
}

interface RemoveOptions extends FindOptions {
  readonly registry: Pick<Registry, "parts" | "listTags" | "writer">;
}

/**
 * Leaves the newest `keep`, and the one to which the tag of the place points. Nothing else in the repository is
 * touched.
 * @throws EngineError an outage
 */
export async function removeOldSnapshots(place: SnapshotPlace, keep: number, options: RemoveOptions): Promise<Removed> {
  const pointed = await resolvePlace(place, options);
  const sequences = await listSequences(place, options);
  const removed: number[] = [];
  for (const sequence of sequences.slice(keep)) {
    const refused = await removeOne(place, sequence, pointed, options);
    if (refused === "kept") continue;
    if (refused !== undefined) return { removed, refused };
    removed.push(sequence);
  }
  return { removed };
}

/** Why it could not be deleted; `kept`: it is not to be. */
async function removeOne(
  { repository, text }: SnapshotPlace,
  sequence: number,
  pointed: Digest,
  options: RemoveOptions,
): Promise<string | undefined> {
  const { registry, signal } = options;
  const found = await findManifest({ repository, tag: sequenceTag(sequence), text }, options);
  if (found === undefined) return undefined;
  if (found === pointed) return "kept";
  const listed = await loadListed(repository, found, options).catch(notOurs);
  if (listed === undefined) return "kept";
  const tag = associatedTag(found, "referrers");
  const fallback = await findManifest({ repository, tag, text }, options);
  const { digests } = await listStatements(listed, options);
  for (const digest of [found, ...digests, ...(fallback === undefined ? [] : [fallback])]) {
    const refused = await registry.writer.deleteManifest(repository, digest, signal);
    if (refused !== undefined) return refused;
  }
  // Most registries let go of the tag with its manifest.
  await registry.writer.deleteManifest(repository, sequenceTag(sequence), signal);
  return undefined;
}

async function findManifest(place: SnapshotPlace, options: RemoveOptions): Promise<Digest | undefined> {
  try {
    return await resolvePlace(place, options);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "image-not-found") throw error;
    return undefined;
  }
}

/** Somebody else's manifest under our tag is left alone. */
function notOurs(error: unknown): undefined {
  if (!(error instanceof EngineError) || !["archive-corrupt", "image-not-found"].includes(error.code)) throw error;
}
