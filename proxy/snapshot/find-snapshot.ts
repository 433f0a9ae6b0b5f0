/**
 * Finding a snapshot in a registry, and who signed it. Nothing that the registry says is believed but what an accepted
 * key signed. Source: docs/spec/snapshot.md.
 */
import { parseSnapshotStatement, type SnapshotStatement } from "../../core/archive/snapshot-statement.ts";
import { readSignedEnvelope, verifySignedStatement } from "../../core/archive/verify-envelope.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../core/errors.ts";
import type { Known } from "../../core/knowledge/answer.ts";
import type { Limits } from "../../core/limits.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { Registry } from "../upstream/registry/open-registry.ts";
import { oneLayer, snapshotArtifactType, statementArtifactType } from "./artifact.ts";
import type { SnapshotPlace } from "./place.ts";

export interface FindOptions {
  readonly registry: Pick<Registry, "parts">;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

export interface Judging {
  readonly keys: readonly PublicKey[];
  readonly verifier: SignatureVerifier;
}

/** A snapshot as the registry has it. */
export interface ListedSnapshot {
  readonly repository: string;
  /** Of its manifest. */
  readonly manifest: Digest;
  readonly layer: Descriptor;
}

/** What an accepted key signed. */
export interface FoundSnapshot extends ListedSnapshot {
  readonly statement: SnapshotStatement;
  /** Of the statement. */
  readonly statementDigest: Digest;
  readonly key: PublicKey;
}

/** @throws EngineError where it is not there. */
function present<T>(answer: Known<T> | undefined, subject: string, what: string): T {
  if (answer?.state === "present") return answer.value;
  throw new EngineError("image-not-found", `the registry has no ${what}`, { subject, remedy: "no-snapshot" });
}

/** Which manifest is meant at this moment: a tag may move, and from here on everything is by digest. */
export async function resolvePlace(place: SnapshotPlace, { registry, signal }: FindOptions): Promise<Digest> {
  const { repository, tag, digest, text } = place;
  if (digest !== undefined) return digest;
  const answer = await registry.parts.tag.ask({ kind: "tag", repository, tag }, signal);
  return present(answer, text, "snapshot there").digest;
}

/** @throws EngineError `archive-corrupt` for what is no snapshot. */
export async function loadListed(
  repository: string,
  manifest: Digest,
  { registry, limits, signal }: FindOptions,
): Promise<ListedSnapshot> {
  const asked = { kind: "manifest", repository, digest: manifest } as const;
  const bytes = present(await registry.parts.manifest.ask(asked, signal), manifest, "such manifest");
  return { repository, manifest, layer: oneLayer(bytes, snapshotArtifactType, manifest, limits) };
}

/** What says of itself that it has the statement of a snapshot. */
export interface ListedStatements {
  /** Manifests. */
  readonly digests: readonly Digest[];
  /** Why there may be others. */
  readonly missing: EngineError | undefined;
}

/** @throws EngineError an outage, `over-limit`. */
export async function listStatements(
  { repository, manifest }: ListedSnapshot,
  { registry, limits, signal }: FindOptions,
): Promise<ListedStatements> {
  const answer = await registry.parts.referrers.ask({ kind: "referrers", repository, digest: manifest }, signal);
  const listed = answer?.state === "present" ? answer.value : [];
  const ours = listed.filter(({ artifactType }) => artifactType === statementArtifactType);
  if (ours.length > limits.signaturesPerImage)
    throw new EngineError("over-limit", `more than ${limits.signaturesPerImage} statements`, { subject: manifest });
  const partial = answer?.state === "present" ? answer.partial : undefined;
  const missing =
    typeof partial === "object"
      ? new EngineError(partial.code, `not all that hangs on it is known: ${partial.why ?? partial.from}`, {
          subject: manifest,
        })
      : undefined;
  return { digests: ours.map(({ digest }) => digest), missing };
}

async function loadEnvelope(repository: string, digest: Digest, { registry, limits, signal }: FindOptions) {
  const asked = { kind: "manifest", repository, digest } as const;
  const bytes = present(await registry.parts.manifest.ask(asked, signal), digest, "such manifest");
  const layer = oneLayer(bytes, statementArtifactType, digest, limits);
  const atMost = 2 * limits.archiveStatementBytes;
  const blob = { kind: "blob", repository, digest: layer.digest, atMost } as const;
  return present(await registry.parts.blob.ask(blob, signal), layer.digest, "such content");
}

/**
 * The statement that an accepted key signed of this very file. Other statements that refer to it do not count.
 * @throws EngineError `archive-signature` where there is none.
 */
async function verifyListed(
  listed: ListedSnapshot,
  { keys, verifier }: Judging,
  options: FindOptions,
): Promise<FoundSnapshot> {
  const { repository, manifest, layer } = listed;
  let refused: EngineError | undefined;
  const { digests, missing } = await listStatements(listed, options);
  for (const digest of digests) {
    try {
      const envelope = readSignedEnvelope(await loadEnvelope(repository, digest, options), digest, options.limits);
      const { payload, key } = verifySignedStatement(envelope, keys, verifier, manifest);
      const statement = parseSnapshotStatement(payload, options.limits);
      if (statement.digest === layer.digest && statement.size === layer.size)
        return { ...listed, statement, statementDigest: digestOf(payload), key };
      refused = unsigned("the signed statement is about another file", manifest);
    } catch (error) {
      if (!(error instanceof EngineError) || !judged.has(error.code)) throw error;
      const isByOthers = error.code === "archive-signature" && error.remedy === undefined;
      refused = isByOthers ? unsigned(error.message, error.subject ?? manifest) : error;
    }
  }
  throw missing ?? refused ?? unsigned("no signed statement refers to this snapshot", manifest);
}

const unsigned = (why: string, subject: string): EngineError =>
  new EngineError("archive-signature", why, { subject, remedy: "snapshot-signature" });

/** Codes after which another statement may still be good. */
const judged: ReadonlySet<string> = new Set(["archive-signature", "archive-corrupt", "unsupported", "over-limit"]);

/** The snapshot of a place, verified. @throws EngineError as its parts. */
export async function findSnapshot(
  place: SnapshotPlace,
  judging: Judging,
  options: FindOptions,
): Promise<FoundSnapshot> {
  const listed = await loadListed(place.repository, await resolvePlace(place, options), options);
  return verifyListed(listed, judging, options);
}
