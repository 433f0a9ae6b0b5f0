/**
 * An OCI image layout as knowledge. Content that a sparse layout leaves out counts as never asked for, not as absent.
 * Source: OCI image 1.1 (image layout).
 */
import type { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Answer, AnswerTo } from "../../core/knowledge/answer.ts";
import { claimedAbsence, type CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import type { Knowledge, SourceState } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import {
  canonicalQuestion,
  completenessScopes,
  type Grain,
  hostOf,
  imageScope,
  parseScope,
} from "../../core/oci/completeness.ts";
import { addedFrom } from "./added-source.ts";
import { LayoutFiles } from "./layout-files.ts";
import { type SkippedEntry, readEntries } from "./layout-names.ts";
import { buildRepositories, type LayoutRepository, ManifestReader } from "./layout-repositories.ts";
import { FolderSource, type LayoutSource } from "./layout-source.ts";
import { markedImages, type NamedEntry, nameEntries } from "./name-entries.ts";

export interface LayoutOptions {
  /**
   * The repository for images without a name: `cosign save` names none, `skopeo` and `oras` often only a tag.
   */
  readonly repository?: string;
  /** The tag for the one image without a name. */
  readonly tag?: string;
  /**
   * What the layout holds completely, except image layers: its images, their repositories, or their hosts. Or a list
   * of scopes.
   */
  readonly complete?: Grain | readonly string[];
  /** Who says that it is complete. Default: `from`. */
  readonly claimedBy?: string;
  /** RFC 3339; the time of the layout's answers. Default: when `index.json` was last changed. */
  readonly at?: string;
  /** Names the source. Default `layout FOLDER`. */
  readonly from?: string;
  readonly limits: Limits;
}

export interface LayoutImage {
  readonly repository: string;
  readonly tag?: string;
  readonly digest: Digest;
}

/**
 * Opens a layout: a folder by its path, of which nothing stays open, or what `openLayoutSource` found.
 * @throws EngineError `invalid-usage` when it is no layout or an image has no name, `invalid-reference`, `unsupported`,
 * `archive-corrupt` when its index does not read or gives one name to two contents, `over-limit`. Damage to single
 * blobs is found when they are read.
 */
export function openLayout(from: string | LayoutSource, options: LayoutOptions): LayoutKnowledge {
  const { limits } = options;
  const source = typeof from === "string" ? new FolderSource(from) : from;
  const files = new LayoutFiles(source, limits);
  const { index, changed } = files.readIndex();
  const manifests = new ManifestReader(files, limits);
  const referrers = manifests.referrers();
  const read = readEntries(index, limits);
  const blobs: SkippedEntry[] = [];
  const readable = read.entries.filter(({ descriptor: { digest, mediaType, size } }) => {
    if (!manifests.isManifest(digest, mediaType)) {
      blobs.push({ subject: digest, reason: `neither an image nor an index: ${JSON.stringify(mediaType)}` });
      return false;
    }
    manifests.requireSize(digest, size);
    return true;
  });
  const entries = nameEntries(
    readable,
    (entry) => manifests.read(entry.descriptor.digest)?.subject !== undefined,
    options,
    limits,
  );
  const repositories = buildRepositories(entries, referrers, manifests, limits);
  const at = options.at ?? changed.toISOString();
  const origin = options.from ?? addedFrom(source.name);
  const scopes = readScopes(options, [...repositories.keys()], rootsOf(entries, manifests));
  return new LayoutKnowledge({
    files,
    limits,
    repositories,
    marked: markedImages(entries).map(({ repository, tag, descriptor: { digest } }) => ({
      repository,
      ...(tag === undefined ? {} : { tag }),
      digest,
    })),
    problems: manifests.problems,
    skipped: read.skipped,
    blobs,
    complete: scopes.map((scope) => ({ scope, at, from: options.claimedBy ?? origin })),
    hasMarks: read.entries.some(({ role }) => role !== "other"),
    at,
    from: origin,
  });
}

/** The images that the layout holds: what its index names, if it is neither signed material nor refers to anything. */
function rootsOf(entries: readonly NamedEntry[], manifests: ManifestReader): readonly LayoutImage[] {
  const marked = markedImages(entries);
  return entries
    .filter(
      (entry) =>
        (entry.role === "other" ? !hangsOn(entry, manifests) : marked.includes(entry)) &&
        manifests.read(entry.descriptor.digest) !== undefined,
    )
    .map(({ repository, descriptor: { digest } }) => ({ repository, digest }));
}

const hangsOn = ({ tag, descriptor }: NamedEntry, manifests: ManifestReader): boolean =>
  (tag !== undefined && parseAssociatedTag(tag) !== undefined) ||
  manifests.read(descriptor.digest)?.subject !== undefined;

/**
 * The scopes that are claimed. An archive may come from the author of an image, names included: if the caller named a
 * repository, nothing is claimed of any other.
 */
function readScopes(
  { complete, repository: given, limits }: LayoutOptions,
  repositories: readonly string[],
  images: readonly LayoutImage[],
): readonly string[] {
  if (complete === undefined) return [];
  if (typeof complete !== "string") return [...new Set(complete.map((scope) => parseScope(scope, limits)))];
  const named = given === undefined ? undefined : parseScope(given, limits);
  const isNamed = (repository: string): boolean => named === undefined || repository === named;
  const scopes =
    complete === "image"
      ? images.flatMap(({ repository, digest }) => (isNamed(repository) ? [imageScope(repository, digest)] : []))
      : repositories.filter(isNamed).map((repository) => (complete === "host" ? hostOf(repository) : repository));
  return [...new Set(scopes)];
}

interface LayoutParts {
  readonly files: LayoutFiles;
  readonly limits: Limits;
  readonly repositories: ReadonlyMap<string, LayoutRepository>;
  readonly marked: readonly LayoutImage[];
  readonly problems: ReadonlyMap<Digest, EngineError>;
  readonly skipped: readonly SkippedEntry[];
  readonly blobs: readonly SkippedEntry[];
  readonly complete: readonly CompletenessClaim[];
  readonly hasMarks: boolean;
  readonly at: string;
  readonly from: string;
}

export class LayoutKnowledge implements Knowledge {
  readonly files: LayoutFiles;
  readonly repositories: ReadonlyMap<string, LayoutRepository>;
  /** Unreadable manifests, and why. Reading them as answers throws the same error. */
  readonly problems: ReadonlyMap<Digest, EngineError>;
  /** Images that `cosign save` or Hauler marked as such. */
  readonly marked: readonly LayoutImage[];
  /** Entries of `index.json` that could not be taken, and why. */
  readonly skipped: readonly SkippedEntry[];
  /** Entries that are neither images nor anything else that a decision could read. */
  readonly blobs: readonly SkippedEntry[];
  /** The images, repositories and hosts of which the layout holds everything. */
  readonly complete: readonly CompletenessClaim[];
  /** Whether entries have the marks of `cosign save` or Hauler. */
  readonly hasMarks: boolean;
  readonly at: string;
  readonly from: string;
  readonly #limits: Limits;
  readonly #claims: ReadonlyMap<string, CompletenessClaim>;

  constructor(parts: LayoutParts) {
    const { files, limits, repositories, marked, problems, skipped, blobs, complete, hasMarks, at, from } = parts;
    this.files = files;
    this.marked = marked;
    this.skipped = skipped;
    this.blobs = blobs;
    this.repositories = repositories;
    this.problems = problems;
    this.complete = complete;
    this.hasMarks = hasMarks;
    this.at = at;
    this.from = from;
    this.#limits = limits;
    this.#claims = new Map(complete.map((claim) => [claim.scope, claim]));
  }

  /** @throws EngineError `archive-corrupt` when the blob asked for has another digest, `over-limit`. */
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const asked: Question = canonicalQuestion(question);
    return ("repository" in asked ? (this.#find(asked) ?? this.#completed(asked)) : undefined) as
      | AnswerTo<Q>
      | undefined;
  }

  /**
   * Constant: the index was read when the folder was opened, and content is found by digest. A blob damaged later is
   * detected when it is read.
   */
  state(): SourceState {
    return { version: "" };
  }

  #find(question: Extract<Question, { repository: string }>): Answer | undefined {
    const repository = this.repositories.get(question.repository);
    if (repository === undefined) return undefined;
    switch (question.kind) {
      case "tag":
        return this.#present(repository.tags.get(question.tag));
      case "referrers":
        return this.#listed(question, repository.referrers.get(question.digest));
      case "manifest":
        this.#requireWhole(question.digest);
        return repository.manifests.has(question.digest)
          ? this.#present(this.files.read(question.digest, this.#limits.manifestBytes))
          : undefined;
      case "blob":
        return repository.blobs.has(question.digest)
          ? this.#present(this.files.read(question.digest, this.#limits.blobBytes))
          : undefined;
    }
  }

  /** Damage found when the layout was opened. A file of the wrong size is not read. */
  #requireWhole(digest: Digest): void {
    const problem = this.problems.get(digest);
    if (problem?.code === "archive-corrupt") throw problem;
  }

  #present(value: unknown): Answer | undefined {
    return value === undefined ? undefined : { state: "present", value, at: this.at, from: this.from };
  }

  /** Unless it is said to be complete, a layout may lack some of what refers to an image. */
  #listed(question: Question, list: unknown): Answer | undefined {
    const listed = this.#present(list);
    return listed?.state === "present" && this.claims(question).length === 0 ? { ...listed, partial: true } : listed;
  }

  /** If an index names content that the folder lacks, it was left out; it is not absent. */
  #completed(question: Extract<Question, { repository: string }>): Answer | undefined {
    if (question.kind === "manifest" && this.repositories.get(question.repository)?.manifests.has(question.digest))
      return undefined;
    const [claim] = this.claims(question);
    return claim === undefined ? undefined : claimedAbsence(claim);
  }

  claims(question: Question): readonly CompletenessClaim[] {
    return completenessScopes(question).flatMap((scope) => this.#claims.get(scope) ?? []);
  }

  *facts(scope: string): Iterable<Question> {
    for (const { repository, tags, manifests, referrers } of this.repositories.values()) {
      const questions: readonly Question[] = [
        ...[...tags.keys()].map((tag) => ({ kind: "tag", repository, tag }) as const),
        ...[...manifests]
          .filter(([, manifest]) => manifest !== undefined)
          .map(([digest]) => ({ kind: "manifest", repository, digest }) as const),
        ...[...referrers.keys()].map((digest) => ({ kind: "referrers", repository, digest }) as const),
      ];
      for (const question of questions) if (completenessScopes(question).includes(scope)) yield question;
    }
  }

  close(): void {
    this.files.close();
  }

  /** Whether Docker wrote it, whose digests may be its own. */
  get isDocker(): boolean {
    return this.files.isDockerArchive() && !this.hasMarks;
  }

  /** Whether it holds only what is new since an earlier archive. */
  get isPartial(): boolean {
    return this.files.elsewhere.length > 0;
  }

  /** Tagged images, in the layout's order. */
  images(): readonly LayoutImage[] {
    return [...this.repositories.values()].flatMap(({ repository, tags }) =>
      [...tags]
        .filter(([tag]) => parseAssociatedTag(tag) === undefined)
        .map(([tag, { digest }]) => ({ repository, tag, digest })),
    );
  }
}
