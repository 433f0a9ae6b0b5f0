/**
 * An OCI image layout as knowledge. Content that a sparse layout leaves out counts as never asked for, not as absent.
 * Source: OCI image 1.1 (image layout).
 */
import type { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Answer, AnswerTo } from "../../core/knowledge/answer.ts";
import type { Knowledge, SourceState } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import { canonicalQuestion, completenessScopes, parseScope } from "../../core/oci/completeness.ts";
import { LayoutFiles } from "./layout-files.ts";
import { type SkippedEntry, readEntries } from "./layout-names.ts";
import { buildRepositories, type LayoutRepository, ManifestReader } from "./layout-repositories.ts";
import { FolderSource, type LayoutSource } from "./layout-source.ts";
import { markedImages, nameEntries } from "./name-entries.ts";

export interface LayoutOptions {
  /**
   * The repository for images without a name: `cosign save` names none, `skopeo` and `oras` often only a tag.
   */
  readonly repository?: string;
  /** The tag for the one image without a name. */
  readonly tag?: string;
  /**
   * `true`: the layout holds everything of its repositories, except image layers. Or a list: the hosts and repositories
   * that are complete.
   */
  readonly complete?: boolean | readonly string[];
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
    scopes: readScopes(options.complete, [...repositories.keys()], limits),
    at: options.at ?? changed.toISOString(),
    from: options.from ?? `layout ${source.name}`,
  });
}

const readScopes = (
  complete: boolean | readonly string[] | undefined,
  all: readonly string[],
  limits: Limits,
): readonly string[] =>
  complete === true
    ? all
    : complete === undefined || complete === false
      ? []
      : complete.map((scope) => parseScope(scope, limits));

interface LayoutParts {
  readonly files: LayoutFiles;
  readonly limits: Limits;
  readonly repositories: ReadonlyMap<string, LayoutRepository>;
  readonly marked: readonly LayoutImage[];
  readonly problems: ReadonlyMap<Digest, EngineError>;
  readonly skipped: readonly SkippedEntry[];
  readonly blobs: readonly SkippedEntry[];
  readonly scopes: readonly string[];
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
  /** Hosts and repositories of which the layout holds everything. */
  readonly scopes: readonly string[];
  readonly at: string;
  readonly from: string;
  readonly #limits: Limits;

  constructor({ files, limits, repositories, marked, problems, skipped, blobs, scopes, at, from }: LayoutParts) {
    this.files = files;
    this.marked = marked;
    this.skipped = skipped;
    this.blobs = blobs;
    this.repositories = repositories;
    this.problems = problems;
    this.scopes = scopes;
    this.at = at;
    this.from = from;
    this.#limits = limits;
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
        return this.#present(repository.referrers.get(question.digest));
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

  /** If an index names content that the folder lacks, it was left out; it is not absent. */
  #completed(question: Extract<Question, { repository: string }>): Answer | undefined {
    if (question.kind === "manifest" && this.repositories.get(question.repository)?.manifests.has(question.digest))
      return undefined;
    return completenessScopes(question).some((scope) => this.scopes.includes(scope))
      ? { state: "absent", at: this.at, from: this.from }
      : undefined;
  }

  close(): void {
    this.files.close();
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
