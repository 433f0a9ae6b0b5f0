/** Which images of a repository are kept. Source: docs/spec/offline.md#retention. */
import type { HeldTag, RepositoryContents } from "./repository-contents.ts";

/** An image is kept when one of the rules keeps it. */
export interface Retention {
  /** So many tags of each repository, the newest first. */
  readonly keepLast?: number;
  /** What was seen at or after this time. */
  readonly since?: Date;
  /** By which clock `since` was reckoned: what it removes is then guarded against one that has jumped. */
  readonly now?: Date;
  /** Names, as `repository:tag` and `repository@digest`. */
  readonly keep?: (name: string) => boolean;
  /** Also where a repository or a host is claimed to be complete: its claim ends then. */
  readonly endClaims?: boolean;
}

/** The newest first; of the same time, the higher name. */
const newestFirst = (left: HeldTag, right: HeldTag): number =>
  Date.parse(right.at) - Date.parse(left.at) ||
  right.tag.localeCompare(left.tag, "en", { numeric: true, sensitivity: "variant" });

/** The tags and the other images that are kept. What is known to be absent goes only when it is too old. */
export function keptBy(retention: Retention, contents: Pick<RepositoryContents, "repository" | "tags" | "untagged">) {
  const { keepLast = 0, since, keep } = retention;
  const { repository, tags } = contents;
  const isNew = (at: string): boolean => since !== undefined && Date.parse(at) >= since.getTime();
  const isNamed = (name: string): boolean => keep?.(`${repository}${name}`) === true;
  const present = tags.filter(({ digest }) => digest !== undefined).toSorted(newestFirst);
  const kept = new Set(present.slice(0, keepLast).map(({ tag }) => tag));
  for (const { tag, digest, at } of tags) {
    const isSpared = digest === undefined ? since === undefined : isNamed(`@${digest}`);
    if (isSpared || isNew(at) || isNamed(`:${tag}`)) kept.add(tag);
  }
  const untagged = contents
    .untagged()
    .filter(({ digest, at, isPresent }) => isNew(at) || isNamed(`@${digest}`) || (!isPresent && since === undefined));
  return { tags: kept, untagged: untagged.map(({ digest }) => digest) };
}
