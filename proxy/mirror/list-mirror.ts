/**
 * The images of a mirror and the signed material beside them, as `mirror ls` shows them. Everything is as stored,
 * unverified. Source: docs/spec/command-line.md#streams-and-formats.
 */
import type { Database } from "better-sqlite3";
import { codedText, EngineError } from "../../core/errors.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import { referrerClaim } from "../../core/cosign/referrer-scheme.ts";
import type { Known } from "../../core/knowledge/answer.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import { openQuestions } from "../../core/knowledge/ask.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { Limits } from "../../core/limits.ts";
import { type Grain, grainOf } from "../../core/oci/completeness.ts";
import { associatedTag, parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import { type KnownManifest, readManifest, readReferrers, readTag } from "../../core/oci/lookup.ts";
import type { AnswerRow } from "./answer-row.ts";
import { sqlText } from "./statements.ts";

export interface MirrorImage {
  /** `repository:tag`, or `repository@digest` where no tag leads here. */
  readonly image: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest: Digest;
  /** Signatures found in all layouts. */
  readonly signatures: number;
  /** Attestations found in all layouts, and the predicate types that they claim. */
  readonly attestations: number;
  readonly predicateTypes: readonly string[];
  /** Bundles that do not say whether they hold a signature or an attestation; absent: none. */
  readonly untypedBundles?: number;
  /** Layouts that were never asked: until then, nothing found does not mean that nothing exists. */
  readonly unasked: readonly ("signature tag" | "attestation tag" | "referrers")[];
  /** The narrowest claim that everything that hangs on the image is here. */
  readonly complete?: CompletenessClaim & { readonly grain: Grain };
  /**
   * Bytes of the image with its layers, as its manifests state; for an index, of the stored children. Absent if the
   * manifest is missing or unreadable.
   */
  readonly size?: number;
  /** When the tag (or the manifest, without tag) was last seen, RFC 3339, and where. */
  readonly at: string;
  readonly from: string;
  /** Why the list stops here. */
  readonly problem?: string;
}

/**
 * Images by repository and tag; then those that no tag leads to, unless they are children of an index, referrers or
 * signed material.
 * @throws EngineError `mirror-corrupt` when a tag's row is damaged; damage behind a tag is the image's `problem`.
 */
export function* mirrorImages(database: Database, knowledge: Knowledge, limits: Limits): Generator<MirrorImage> {
  const repositories = database.prepare<[], { readonly repository: string }>(sqlText("list-repositories")).all();
  for (const { repository } of repositories) yield* imagesOf(database, knowledge, repository, limits);
}

/** The tags of a repository that name an image, in their order. Only their names are read. */
export const listTags = (database: Database, repository: string): readonly string[] =>
  database
    .prepare<[string, string], AnswerRow>(sqlText("list-repository-answers"))
    .all(repository, "tag")
    .flatMap(({ subject }) => (subject === null || parseAssociatedTag(subject) !== undefined ? [] : [subject]));

function* imagesOf(
  database: Database,
  knowledge: Knowledge,
  repository: string,
  limits: Limits,
): Generator<MirrorImage> {
  const rows = (kind: string) =>
    database.prepare<[string, string], AnswerRow>(sqlText("list-repository-answers")).all(repository, kind);
  const reached = new Set<string>();
  for (const { subject: tag, at, source } of rows("tag")) {
    if (tag === null) continue;
    const found = known(() => readTag(knowledge, repository, tag));
    if (found?.state !== "present") continue;
    const { digest } = found.value;
    reached.add(digest);
    if (parseAssociatedTag(tag) === undefined)
      yield {
        image: `${repository}:${tag}`,
        repository,
        tag,
        digest,
        ...describe(knowledge, repository, digest, limits),
        at,
        from: source,
      };
  }
  const manifests = rows("manifest");
  for (const { subject } of manifests)
    for (const digest of held(knowledge, repository, subject, limits)) reached.add(digest);
  for (const { subject, at, source } of manifests) {
    if (subject === null || !isDigest(subject) || reached.has(subject)) continue;
    yield {
      image: `${repository}@${subject}`,
      repository,
      digest: subject,
      ...describe(knowledge, repository, subject, limits),
      at,
      from: source,
    };
  }
}

/** Digests that a manifest keeps out of the list: an index's children, and itself if it is a referrer. */
function held(knowledge: Knowledge, repository: string, subject: string | null, limits: Limits): readonly string[] {
  if (subject === null || !isDigest(subject)) return [];
  const { value } = noDamage(() => readManifest(knowledge, repository, subject, limits));
  if (value?.state !== "present") return [];
  const { manifest } = value.value;
  return manifest.subject === undefined ? manifest.manifests.map((child) => child.digest) : [subject];
}

type Description = Pick<
  MirrorImage,
  "signatures" | "attestations" | "untypedBundles" | "predicateTypes" | "unasked" | "complete" | "size" | "problem"
>;

function describe(knowledge: Knowledge, repository: string, digest: Digest, limits: Limits): Description {
  const { value, problem } = noDamage(() => {
    const signature = taggedLayers(knowledge, repository, associatedTag(digest, "signature"), limits);
    const attestation = taggedLayers(knowledge, repository, associatedTag(digest, "attestation"), limits);
    const referrers = known(() => readReferrers(knowledge, repository, digest, limits));
    const material = (referrers?.state === "present" ? referrers.value : [])
      .map((listed) => referrerClaim(listed, manifestOf(knowledge, repository, listed.digest, limits)))
      .filter((entry) => entry !== undefined);
    const count = (wanted: string): number => material.filter(({ purpose }) => purpose === wanted).length;
    const attested = material.filter((entry) => entry.purpose === "attestation");
    const types = [
      ...(attestation ?? []).map((layer) => layer.annotations?.predicateType),
      ...attested.map((entry) => entry.predicateType),
    ];
    const unasked: Description["unasked"] = [
      ...(signature === undefined ? (["signature tag"] as const) : []),
      ...(attestation === undefined ? (["attestation tag"] as const) : []),
      ...(referrers === undefined || (referrers.state === "present" && referrers.partial !== undefined)
        ? (["referrers"] as const)
        : []),
    ];
    return {
      signatures: (signature?.length ?? 0) + count("signature"),
      attestations: (attestation?.length ?? 0) + attested.length,
      ...(count("unknown") === 0 ? {} : { untypedBundles: count("unknown") }),
      predicateTypes: [...new Set(types.filter((type) => type !== undefined))].sort(),
      unasked,
      ...completed(knowledge, repository, digest),
      ...sized(imageSize(knowledge, repository, digest, limits)),
    };
  });
  return (
    value ?? {
      signatures: 0,
      attestations: 0,
      predicateTypes: [],
      unasked: ["signature tag", "attestation tag", "referrers"],
      ...(problem === undefined ? {} : { problem }),
    }
  );
}

function completed(knowledge: Knowledge, repository: string, digest: Digest): Pick<MirrorImage, "complete"> {
  const [claim] = knowledge.claims?.({ kind: "referrers", repository, digest }) ?? [];
  return claim === undefined ? {} : { complete: { grain: grainOf(claim.scope), ...claim } };
}

const sized = (size: number | undefined) => (size === undefined ? {} : { size });

/** The manifest of a referrer; `undefined` where it is not here, or does not read. */
function manifestOf(
  knowledge: Knowledge,
  repository: string,
  digest: Digest,
  limits: Limits,
): KnownManifest["manifest"] | undefined {
  const { value } = noDamage(() => readManifest(knowledge, repository, digest, limits));
  return value?.state === "present" ? value.value.manifest : undefined;
}

/** The layers behind one of cosign's tags; `undefined` if unknown. */
function taggedLayers(
  knowledge: Knowledge,
  repository: string,
  tag: string,
  limits: Limits,
): readonly Descriptor[] | undefined {
  const found = known(() => readTag(knowledge, repository, tag));
  if (found?.state !== "present") return found?.state === "absent" ? [] : undefined;
  const manifest = known(() => readManifest(knowledge, repository, found.value.digest, limits));
  return manifest?.state === "present" ? manifest.value.manifest.layers : undefined;
}

function imageSize(knowledge: Knowledge, repository: string, digest: Digest, limits: Limits): number | undefined {
  const read = (wanted: Digest): Known<KnownManifest> | undefined =>
    known(() => readManifest(knowledge, repository, wanted, limits));
  const root = read(digest);
  if (root?.state !== "present") return undefined;
  const children = root.value.manifest.manifests
    .map(({ digest: child }) => read(child))
    .filter((child) => child?.state === "present");
  return [root, ...children].reduce(
    (total, { value: { bytes, manifest } }) =>
      total + bytes.length + (manifest.config?.size ?? 0) + manifest.layers.reduce((sum, layer) => sum + layer.size, 0),
    0,
  );
}

/** The mirror's answer; `undefined` if never asked, which the list shows. */
function known<T>(read: () => Known<T>): Known<T> | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EngineError) || openQuestions(error).length === 0) throw error;
    return undefined;
  }
}

/** Content behind a tag may be damaged: the list reports it and goes on. */
function noDamage<T>(read: () => T): { readonly value?: T; readonly problem?: string } {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { problem: codedText(error) };
  }
}
