/**
 * An OCI image layout folder as knowledge. What a sparse layout leaves out was never asked for; it is not absent.
 * Source: OCI image 1.1 (image layout).
 */
import type { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Answer, AnswerTo } from "../../core/knowledge/answer.ts";
import type { Knowledge, SourceState } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { defaultLimits, type Limits } from "../../core/limits.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import { canonicalQuestion, completenessScopes, parseScope } from "../../core/oci/completeness.ts";
import { LayoutFiles } from "./layout-files.ts";
import { nameEntries, readEntries } from "./layout-names.ts";
import { buildRepositories, type LayoutRepository, ManifestReader } from "./layout-repositories.ts";

export interface LayoutOptions {
  /**
   * The repository of images that the layout does not name: `cosign save` names none, `skopeo` and `oras` often only a
   * tag.
   */
  readonly repository?: string;
  /** The tag of the one image that has no name. */
  readonly tag?: string;
  /**
   * `true`: the layout holds everything of its repositories, image layers aside; or the hosts and repositories of which
   * it does.
   */
  readonly complete?: boolean | readonly string[];
  /** RFC 3339; when what the layout says was known. Default: when `index.json` was last changed. */
  readonly at?: string;
  /** Names the source. Default `layout FOLDER`. */
  readonly from?: string;
  readonly limits?: Limits;
}

export interface LayoutImage {
  readonly repository: string;
  readonly tag?: string;
  readonly digest: Digest;
}

/**
 * Opens a layout folder; nothing stays open.
 * @throws EngineError `invalid-usage` when it is no layout or an image has no name, `invalid-reference`, `unsupported`,
 * `archive-corrupt` when its index does not read, `over-limit`. Damage to single blobs is met where they are read.
 */
export function openLayout(folder: string, options: LayoutOptions = {}): LayoutKnowledge {
  const limits = options.limits ?? defaultLimits;
  const files = new LayoutFiles(folder, limits);
  const { index, changed } = files.readIndex();
  const manifests = new ManifestReader(files, limits);
  const referrers = manifests.referrers();
  const entries = nameEntries(
    readEntries(index, limits),
    (entry) => manifests.read(entry.descriptor.digest)?.subject !== undefined,
    options,
  );
  const repositories = buildRepositories(entries, referrers, manifests);
  return new LayoutKnowledge({
    files,
    limits,
    repositories,
    problems: manifests.problems,
    scopes: readScopes(options.complete, [...repositories.keys()], limits),
    at: options.at ?? changed.toISOString(),
    from: options.from ?? `layout ${folder}`,
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
  readonly problems: ReadonlyMap<Digest, EngineError>;
  readonly scopes: readonly string[];
  readonly at: string;
  readonly from: string;
}

export class LayoutKnowledge implements Knowledge {
  readonly files: LayoutFiles;
  readonly repositories: ReadonlyMap<string, LayoutRepository>;
  /** Manifests that do not read, and why. Reading them as answers throws the same. */
  readonly problems: ReadonlyMap<Digest, EngineError>;
  /** Hosts and repositories of which the layout holds everything. */
  readonly scopes: readonly string[];
  readonly at: string;
  readonly from: string;
  readonly #limits: Limits;

  constructor({ files, limits, repositories, problems, scopes, at, from }: LayoutParts) {
    this.files = files;
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
   * Nothing changes: the index was read when the folder was opened, and content is found by digest. Who damages a blob
   * afterwards is found by reading, not by this.
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
        return repository.manifests.has(question.digest)
          ? this.#present(this.files.read(question.digest, this.#limits.manifestBytes))
          : undefined;
      case "blob":
        return repository.blobs.has(question.digest)
          ? this.#present(this.files.read(question.digest, this.#limits.blobBytes))
          : undefined;
    }
  }

  #present(value: unknown): Answer | undefined {
    return value === undefined ? undefined : { state: "present", value, at: this.at, from: this.from };
  }

  /** What an index names and the folder lacks was left out, which is no absence. */
  #completed(question: Extract<Question, { repository: string }>): Answer | undefined {
    if (question.kind === "manifest" && this.repositories.get(question.repository)?.manifests.has(question.digest))
      return undefined;
    return completenessScopes(question).some((scope) => this.scopes.includes(scope))
      ? { state: "absent", at: this.at, from: this.from }
      : undefined;
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
