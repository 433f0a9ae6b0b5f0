/** What a list names at hosts that may not be asked. Source: docs/spec/command-line.md#serve. */
import { hostOf } from "../../core/oci/completeness.ts";
import { repositoryForFetching } from "../../core/oci/reference.ts";
import type { ImageList } from "./lists/image-list.ts";

/** Whether a repository, however it is spelled, is at one of the hosts. */
export function repositoriesAt(hosts: readonly string[]): (repository: string) => boolean {
  const listed = new Set(hosts.map((host) => hostOf(repositoryForFetching(`${host}/image`))));
  return (repository) => listed.has(hostOf(repositoryForFetching(repository)));
}

/** An image or a repository, and where the list names it. */
export interface Unlisted {
  readonly name: string;
  readonly from: string;
}

export const unlistedIn = (
  { images, tags }: Pick<ImageList, "images" | "tags">,
  isListed: (repository: string) => boolean,
): readonly Unlisted[] =>
  [
    ...images.map(({ reference, from }) => ({ name: reference, from })),
    ...tags.map(({ repository, from }) => ({ name: repository, from })),
  ].filter(({ name }) => !isListed(name));
