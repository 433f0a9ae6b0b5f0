/**
 * Publishes a mirror as a snapshot: a copy of one state of it, signed, into a registry. Its tag moves last, so that
 * whoever follows the tag always finds a whole snapshot. Source: docs/spec/snapshot.md#artifact.
 */
import { createReadStream, rmSync } from "node:fs";
import { join } from "node:path";
import { encodeSnapshotStatement, type SnapshotStatement } from "../../core/archive/snapshot-statement.ts";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { SigningKey } from "../archive/signing-key.ts";
import { makeFolder } from "../make-folder.ts";
import { snapshotsFolder } from "../mirror/current-snapshot.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { guardedFiles } from "../mirror/store-error.ts";
import { type LockHolder, lockWriter } from "../mirror/writer-lock.ts";
import type { Registry } from "../upstream/registry/open-registry.ts";
import { emptyConfig, sequenceTag, snapshotManifest, statementArtifactType, statementManifest } from "./artifact.ts";
import { findSnapshot } from "./find-snapshot.ts";
import type { SnapshotPlace } from "./place.ts";
import { type Published, readPublished, writePublished } from "./published.ts";

export interface PublishOptions {
  readonly mirror: Mirror;
  readonly place: SnapshotPlace;
  readonly registry: Registry;
  readonly signer: SigningKey;
  /** Public keys, PEM, that will sign later snapshots too. */
  readonly nextKeys: readonly string[];
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
  readonly holder?: LockHolder;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

export interface PublishedSnapshot {
  readonly statement: SnapshotStatement;
  /** Of the manifest in the registry. */
  readonly manifest: Digest;
  /** When the one before was made, where the clock says that this was later than now. */
  readonly clockBehind?: string;
}

/**
 * @throws EngineError `mirror-busy` while another process publishes, `invalid-usage` for what is a snapshot itself, and
 * the codes of an outage.
 */
export async function publishSnapshot(options: PublishOptions): Promise<PublishedSnapshot> {
  const { mirror, holder } = options;
  if (mirror.currentSnapshot !== undefined)
    throw new EngineError("invalid-usage", "this mirror is a snapshot itself: push the mirror that it is made of", {
      subject: mirror.folder,
    });
  const folder = join(mirror.folder, snapshotsFolder);
  guardedFiles(folder, () => makeFolder(folder));
  // Whoever writes the mirror goes on meanwhile.
  const lock = lockWriter(folder, 0, holder);
  try {
    return await publish(options, folder);
  } finally {
    lock.release();
  }
}

async function publish(options: PublishOptions, folder: string): Promise<PublishedSnapshot> {
  const { mirror, place, registry, signer, nextKeys, limits, now, signal } = options;
  for (const key of nextKeys) readArchiveKey(key, limits);
  const before = await newestBefore(options, readPublished(mirror.folder, limits));
  const copy = await mirror.copyTo(join(folder, "publish.db"));
  try {
    const created = now().toISOString();
    const { digest, size, contentId, schema, path } = copy;
    const sequence = (before?.sequence ?? 0) + 1;
    const facts = { sequence, digest, size, schema, contentId, created };
    const statement = { ...facts, ...(nextKeys.length === 0 ? {} : { nextKeys }) };
    // A number that was once signed is never signed again, whatever happens from here on.
    writePublished(mirror.folder, { sequence, created });
    const envelope = signer.sign(encodeSnapshotStatement(statement));
    const manifest = snapshotManifest(statement);
    const signed = statementManifest(envelope, manifest);
    const { repository } = place;
    const { writer } = registry;
    const held = (bytes: Uint8Array) => ({ digest: digestOf(bytes), size: bytes.length, open: () => bytes });
    await writer.putBlob(repository, { digest, size, open: () => createReadStream(path) }, signal);
    for (const bytes of [emptyConfig, envelope]) await writer.putBlob(repository, held(bytes), signal);
    await writer.putManifest(repository, manifest, sequenceTag(sequence), signal);
    const hangsOn = { subject: manifest.digest, artifactType: statementArtifactType };
    await writer.putReferrer(repository, signed, hangsOn, signal);
    await writer.putManifest(repository, manifest, place.tag, signal);
    const isBehind = before !== undefined && Date.parse(before.created) > Date.parse(created);
    return { statement, manifest: manifest.digest, ...(isBehind ? { clockBehind: before.created } : {}) };
  } finally {
    rmSync(copy.path, { force: true });
  }
}

/**
 * The one published last: as this folder remembers it, or as the registry has it, where this folder was made again. Who
 * signed with another key is somebody else, and does not count.
 */
async function newestBefore(options: PublishOptions, own: Published | undefined): Promise<Published | undefined> {
  const { place, signer, verifier, limits } = options;
  try {
    const keys = [readArchiveKey(signer.publicKey, limits)];
    const { sequence, created } = (await findSnapshot(place, { keys, verifier }, options)).statement;
    return own === undefined || sequence > own.sequence ? { sequence, created } : own;
  } catch (error) {
    if (!(error instanceof EngineError) || !nothingOfOurs.has(error.code)) throw error;
    return own;
  }
}

const nothingOfOurs: ReadonlySet<string> = new Set([
  "image-not-found",
  "archive-signature",
  "archive-corrupt",
  "unsupported",
]);
