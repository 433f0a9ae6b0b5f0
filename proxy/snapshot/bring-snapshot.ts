/**
 * Brings the snapshot of a registry into a folder and makes it the one that readers open. What is wrong with it changes
 * nothing: what was there stays, and is read meanwhile. Source: docs/spec/snapshot.md#pull.
 */
import { chmodSync, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fromFuture } from "../../core/archive/from-future.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { makeFolder } from "../make-folder.ts";
import { checkSnapshotFile } from "../mirror/check-snapshot.ts";
import {
  type CurrentSnapshot,
  findCurrentSnapshot,
  snapshotsFolder,
  writeCurrentSnapshot,
} from "../mirror/current-snapshot.ts";
import { canBeRead, openMirror } from "../mirror/open-mirror.ts";
import { refuseOtherTrust, type TrustAnchor } from "../mirror/snapshot-trust.ts";
import { guardedFiles } from "../mirror/store-error.ts";
import { type LockHolder, lockWriter } from "../mirror/writer-lock.ts";
import { syncPath } from "../synced.ts";
import type { Registry } from "../upstream/registry/open-registry.ts";
import type { AcceptedPins, InitialRoots } from "../mirror/trust-gate.ts";
import { acceptedKeys, highestOf, keptKeys, rememberedKeys } from "./accepted-keys.ts";
import { downloadSnapshot } from "./download.ts";
import { findSnapshot, type FoundSnapshot, resolvePlace } from "./find-snapshot.ts";
import type { SnapshotPlace } from "./place.ts";
import { RefusedSnapshot } from "./refused-snapshot.ts";

export interface BringOptions extends InitialRoots {
  readonly store: string;
  readonly place: SnapshotPlace;
  readonly registry: Pick<Registry, "parts" | "content">;
  /** Keys that an operator gave; without any those count that were accepted here before. */
  readonly keys: readonly PublicKey[];
  /** What an operator approved of a change of who is trusted. */
  readonly acceptPins: AcceptedPins;
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
  /** Whether what is here is read whole, and brought again where a row of it is damaged. Default: only opened. */
  readonly mends?: boolean;
  /** What somebody who looks again and again remembers of the look before. */
  readonly refused?: RefusedSnapshot;
  /** By this machine's clock. */
  readonly now: Date;
  readonly holder?: LockHolder;
  readonly signal: AbortSignal;
  readonly pauseMs?: number;
}

export interface Brought {
  /** `current`: the folder had it already. */
  readonly state: "switched" | "current";
  readonly snapshot: CurrentSnapshot;
  /** The sequence of the one that was read before. */
  readonly before?: number;
  /** Fingerprints of keys that are accepted from now on. */
  readonly newKeys: readonly string[];
  /** Who is trusted because this one says so: nothing was here to compare it with. */
  readonly taken: readonly TrustAnchor[];
  /** The one that was read before, where its key is no longer accepted: it is no measure of this one. */
  readonly takenBack?: { readonly sequence: number; readonly key: string };
}

/**
 * @throws EngineError `archive-signature`, `archive-sequence` for an older one than was here, `archive-corrupt`,
 * `rollback` for older trust than was here, `mirror-busy` while another process brings one, `invalid-usage` where the
 * folder has a mirror that is written, and the codes of an outage.
 */
export async function bringSnapshot(options: BringOptions): Promise<Brought> {
  const { store, holder } = options;
  guardedFiles(store, () => makeFolder(join(store, snapshotsFolder)));
  const lock = lockWriter(store, 0, holder);
  try {
    return await bring(options);
  } finally {
    lock.release();
  }
}

async function bring(options: BringOptions): Promise<Brought> {
  const { store, place, keys, verifier, limits } = options;
  if (existsSync(join(store, "mirror.db")))
    throw new EngineError("invalid-usage", "this folder has a mirror that is written: give another one", {
      subject: store,
    });
  const current = findCurrentSnapshot(store, limits);
  const manifest = await resolvePlace(place, options);
  const judging = { keys: acceptedKeys(keys, current?.keys ?? [], limits), verifier };
  const held = rememberedKeys(keys, current?.keys ?? [], limits);
  const isAccepted = (fingerprint: string): boolean => judging.keys.some((key) => key.fingerprint === fingerprint);
  // What is here was verified when it came.
  const isHere = (): boolean => canBeRead(store, limits) && (options.mends !== true || isWhole(options));
  if (current?.manifest === manifest && isAccepted(current.key) && isHere()) return unchanged(store, current, held);
  const found = await findSnapshot({ ...place, digest: manifest }, judging, options);
  const { statement, statementDigest, key } = found;
  refuseFuture(statement, options.now, place);
  // What a key signed that is no longer accepted measures nothing: its number may be the highest that there is.
  const measure = current !== undefined && isAccepted(current.key) ? current : undefined;
  refuseOlder(measure, highestOf(held), found, place);
  if (current?.statement === statementDigest && isHere()) return unchanged(store, current, held);
  const { file, taken } = await placeFile(found, measure, measuresOf(judging.keys, measure, options), options);
  const kept = keptKeys(held, { key, sequence: statement.sequence }, statement.nextKeys ?? [], limits);
  const snapshot: CurrentSnapshot = {
    file,
    sequence: statement.sequence,
    size: statement.size,
    contentId: statement.contentId,
    created: statement.created,
    statement: statementDigest,
    manifest,
    key: key.fingerprint,
    from: place.text,
    keys: kept.keys,
  };
  writeCurrentSnapshot(store, snapshot);
  // A reader that is just opening the one before still finds it.
  removeOthers(store, [file, ...(current === undefined ? [] : [current.file])]);
  return {
    state: "switched",
    snapshot,
    ...(current === undefined ? {} : { before: current.sequence }),
    newKeys: kept.added.map(({ fingerprint }) => fingerprint),
    taken,
    ...(current === undefined || measure !== undefined
      ? {}
      : { takenBack: { sequence: current.sequence, key: current.key } }),
  };
}

/** Whether no row of what is here is damaged. */
function isWhole({ store, verifier, limits }: BringOptions): boolean {
  const mirror = openMirror(store, { mode: "read", limits });
  try {
    return mirror.inspect(verifier).damaged === 0;
  } finally {
    mirror.close();
  }
}

/** The file stays; whose keys no longer count is forgotten all the same. */
function unchanged(store: string, current: CurrentSnapshot, keys: CurrentSnapshot["keys"]): Brought {
  const snapshot = { ...current, keys };
  if (keys.length < current.keys.length) writeCurrentSnapshot(store, snapshot);
  return { state: "current", snapshot, newKeys: [], taken: [] };
}

/** @throws EngineError `archive-sequence` */
function refuseOlder(
  current: CurrentSnapshot | undefined,
  highest: number,
  { statement, statementDigest }: FoundSnapshot,
  { text }: SnapshotPlace,
): void {
  const { sequence } = statement;
  const before = Math.max(highest, current?.sequence ?? 0);
  const why =
    sequence < before
      ? `the registry has snapshot ${sequence}, and ${before} was here before`
      : sequence === current?.sequence && statementDigest !== current.statement
        ? `the registry has another snapshot ${sequence} than the one that is here`
        : undefined;
  if (why !== undefined) throw new EngineError("archive-sequence", why, { subject: text, remedy: "snapshot-sequence" });
}

/** @throws EngineError `archive-sequence` */
function refuseFuture({ sequence, created }: FoundSnapshot["statement"], now: Date, { text }: SnapshotPlace): void {
  const why = fromFuture(created, now);
  if (why !== undefined)
    throw new EngineError("archive-sequence", `snapshot ${sequence} ${why}`, { subject: text, remedy: "from-future" });
}

/** The name of the one root that an operator may give. */
const givenRoot = "public-good";

/** All by which a snapshot's bytes are judged: keys, what an operator approved and trusts, what was here before. */
function measuresOf(
  keys: readonly PublicKey[],
  measure: CurrentSnapshot | undefined,
  { acceptPins, initialRoot, isRootGiven }: BringOptions,
): string {
  const root = initialRoot(givenRoot);
  return JSON.stringify([
    keys.map(({ fingerprint }) => fingerprint),
    acceptPins,
    root === undefined ? null : digestOf(root),
    isRootGiven?.(givenRoot) ?? false,
    measure?.statement ?? null,
  ]);
}

/** The name of the file, whole, checked, and on the disk; and who is trusted because it says so. */
async function placeFile(
  found: FoundSnapshot,
  measure: CurrentSnapshot | undefined,
  measures: string,
  options: BringOptions,
): Promise<{ readonly file: string; readonly taken: readonly TrustAnchor[] }> {
  const { store, refused = new RefusedSnapshot() } = options;
  refused.refuseAgain(found.manifest, measures);
  const { statement } = found;
  const folder = join(store, snapshotsFolder);
  const file = `${statement.sequence}-${statement.digest.slice("sha256:".length)}.db`;
  const path = join(folder, file);
  const fresh = `${path}.new`;
  try {
    await downloadSnapshot(found, fresh, options);
    const earlier = measure === undefined ? undefined : join(folder, measure.file);
    const taken = refused.judging(found.manifest, measures, () => {
      checkSnapshotFile(fresh, statement);
      return refuseOtherTrust(earlier !== undefined && existsSync(earlier) ? earlier : undefined, fresh, options);
    });
    guardedFiles(path, () => {
      chmodSync(fresh, 0o444);
      renameSync(fresh, path);
      syncPath(folder);
    });
    return { file, taken };
  } catch (error) {
    for (const left of [fresh, `${fresh}-journal`]) rmSync(left, { force: true });
    throw error;
  }
}

/** Files of earlier snapshots, what a process left that was killed, and whatever else lies there. */
function removeOthers(store: string, kept: readonly string[]): void {
  const folder = join(store, snapshotsFolder);
  guardedFiles(folder, () => {
    for (const name of readdirSync(folder))
      if (!kept.includes(name)) rmSync(join(folder, name), { force: true, recursive: true });
  });
}
