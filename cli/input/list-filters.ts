/** The flags that select among the images of a list. Source: docs/spec/command-line.md#what-a-mirror-holds. */
import { matchWildcard } from "../../core/patterns/wildcard.ts";
import type { MirrorImage } from "../../proxy/mirror/list-mirror.ts";
import type { CommandIO } from "../command.ts";
import { parseSpan } from "./trust-flags.ts";

/** Which images are listed. */
export interface ImageFilters {
  readonly repository?: string;
  readonly tag?: string;
  readonly olderThan?: string;
  readonly unsigned?: boolean;
}

/** Whether an image is listed, by what its name and age say. Patterns are wildcards, as in policies. */
export function filterOf({ repository, tag, olderThan }: ImageFilters, io: CommandIO): (image: MirrorImage) => boolean {
  const matches = (pattern: string | undefined, text: string | undefined): boolean =>
    pattern === undefined || (text !== undefined && matchWildcard(pattern, text, io.limits));
  const before = olderThan === undefined ? undefined : io.now().getTime() - parseSpan(olderThan, "--older-than");
  return (image) =>
    matches(repository, image.repository) &&
    matches(tag, image.tag) &&
    (before === undefined || Date.parse(image.at) < before);
}

/** Their members, and how they are written. */
export const filterFlags: readonly (readonly [keyof ImageFilters, string])[] = [
  ["repository", "--repository"],
  ["tag", "--tag"],
  ["olderThan", "--older-than"],
  ["unsigned", "--unsigned"],
];
