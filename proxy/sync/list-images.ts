/** The images of a list: its references, and the tags that its patterns take. Source: docs/spec/offline.md#sync. */
import { codeRow, EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type Aliases, noAliases } from "../../core/oci/aliases.ts";
import { type ImageReference, parseReference, repositoryForFetching } from "../../core/oci/reference.ts";
import type { ListTags } from "../upstream/registry/tag-list.ts";
import type { SyncImage } from "./image-closure.ts";
import type { ImageList, ListedTags, ListSettings } from "./lists/image-list.ts";
import { selectTags } from "./lists/select-tags.ts";
import type { SyncProblem } from "./sync-events.ts";

/** A repository whose tags were listed: what a claim of completeness about it rests on. */
export interface WholeRepository {
  /** As `repositoryForFetching` writes it. */
  readonly repository: string;
  readonly tags: readonly string[];
  /** Why the list was not read. */
  readonly why?: string;
}

export interface ListOptions {
  readonly listTags: ListTags;
  /** The tags of a repository that the mirror has: they are taken where its list cannot be read. */
  readonly mirrored: (repository: string) => readonly string[];
  /** Every repository's tags are listed, also where only references name it. */
  readonly isWhole: boolean;
  readonly signal: AbortSignal;
  /** Images under a mirror's name are fetched by the name of what it mirrors. */
  readonly aliases?: Aliases;
  readonly limits: Limits;
}

export interface SyncList {
  readonly images: readonly SyncImage[];
  readonly whole: readonly WholeRepository[];
  /** Repositories whose tags could not be listed. */
  readonly problems: readonly SyncProblem[];
}

const settingsOf = ({ expect, refresh, children }: ListSettings): ListSettings => ({
  ...(expect === undefined ? {} : { expect }),
  ...(refresh === undefined ? {} : { refresh }),
  ...(children === undefined ? {} : { children }),
});

/** Each image once; the first that names it counts. @throws EngineError `over-limit` past `listEntries`. */
export async function listImages(list: ImageList, options: ListOptions): Promise<SyncList> {
  const { isWhole, limits, aliases = noAliases } = options;
  const judgedAs = (text: string): ImageReference => {
    const reference = parseReference(text, limits);
    return aliases.logicalOf(reference)?.reference ?? reference;
  };
  const images = new Map<string, SyncImage>();
  const add = (text: string, from: string, settings: ListSettings): void => {
    if (images.has(text)) return;
    if (images.size >= limits.listEntries)
      throw new EngineError("over-limit", `more than ${limits.listEntries} images`, { subject: from });
    images.set(text, { text, reference: judgedAs(text), from, ...settingsOf(settings) });
  };
  for (const { reference, from, ...settings } of list.images) add(reference, from, settings);
  const named = isWhole ? [...images.values()].map(({ reference }) => reference.repository) : [];
  const logical = new Map(list.tags.map(({ repository }) => [repository, judgedAs(repository).repository]));
  const repositories = [...new Set([...logical.values(), ...named])];
  const read = await Promise.all(
    repositories.map(async (repository) => [repository, await tagsOf(repository, options)] as const),
  );
  const tags = new Map(read);
  const unmatched: SyncProblem[] = [];
  for (const listed of list.tags) {
    const found = tags.get(logical.get(listed.repository) ?? "");
    const chosen = taken(listed, found, limits);
    for (const tag of chosen) add(`${listed.repository}:${tag}`, listed.from, listed);
    if (chosen.length === 0 && found?.problem === undefined) unmatched.push(noTag(listed));
  }
  return {
    images: [...images.values()],
    whole: read.map(([repository, { list: found, problem }]) => ({
      repository: repositoryForFetching(repository),
      tags: found,
      ...(problem === undefined ? {} : { why: problem.why }),
    })),
    problems: [...read.flatMap(([, { problem }]) => problem ?? []), ...unmatched],
  };
}

/** An entry that takes nothing is as good as a tag that is not there. */
function noTag({ repository, tags, from }: ListedTags): SyncProblem {
  const wanted = tags === "all" ? "" : ` matches ${"glob" in tags ? tags.glob : tags.range}`;
  return {
    subject: `the tags of ${repository}`,
    code: "image-not-found",
    why: `${from}: no tag of ${repository}${wanted}`,
    from: repositoryForFetching(repository).split("/")[0] ?? "",
    isIgnorable: false,
  };
}

interface Read {
  readonly list: readonly string[];
  readonly problem?: SyncProblem;
}

const taken = (listed: ListedTags, read: Read | undefined, limits: Limits): readonly string[] =>
  selectTags(read?.list ?? [], listed, limits);

async function tagsOf(repository: string, { listTags, mirrored, signal }: ListOptions): Promise<Read> {
  const failed = (code: SyncProblem["code"], why: string): Read => ({
    list: mirrored(repositoryForFetching(repository)),
    problem: {
      subject: `the tags of ${repository}`,
      code,
      why,
      from: repositoryForFetching(repository).split("/")[0] ?? "",
      isIgnorable: codeRow(code).ignorable === "artifact",
    },
  });
  try {
    const found = await listTags(repository, signal);
    return found === undefined ? failed("image-not-found", "there is no such repository") : { list: found.tags };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return failed(error.code, error.message);
  }
}
