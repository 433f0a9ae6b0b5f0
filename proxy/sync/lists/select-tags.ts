/** Which tags of a repository an entry of a list takes. Source: docs/spec/image-lists.md#tags. */
import { Range, SemVer } from "semver";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { matchWildcard } from "../../../core/patterns/wildcard.ts";
import type { ListedTags } from "./image-list.ts";

const maxRange = 256;

/** @throws EngineError `malformed` for a text that is no range. */
export function readRange(text: string, { patternBytes }: Pick<Limits, "patternBytes">): Range {
  if (text.length > Math.min(maxRange, patternBytes))
    throw new EngineError("over-limit", `a range of ${text.length} characters, more than ${maxRange}`);
  try {
    return new Range(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new EngineError("malformed", `${JSON.stringify(text)} is no range of versions, like ">=1.2 <2"`, {
      cause: error,
    });
  }
}

/** `1.2.3`, `v1.2` and `1` are versions; numbers that are missing are 0. */
function versionOf(tag: string): SemVer | undefined {
  const [, major, minor = "0", patch = "0", pre = ""] =
    /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(-[0-9A-Za-z.-]{1,100})?$/.exec(tag) ?? [];
  if (major === undefined) return undefined;
  try {
    return new SemVer(`${Number(major)}.${Number(minor)}.${Number(patch)}${pre}`);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

/**
 * Those of `tags` that are taken, in their order. Tags that only hold signatures and attestations of other images
 * (`sha256-….sig`) are never taken by a pattern: they come with their image.
 */
export function selectTags(
  tags: readonly string[],
  { tags: wanted }: Pick<ListedTags, "tags">,
  limits: Limits,
): readonly string[] {
  const own = tags.filter((tag) => !/^sha256-[0-9a-f]{64}(?:\.|$)/.test(tag));
  if (wanted === "all") return own;
  if ("glob" in wanted) return own.filter((tag) => matchWildcard(wanted.glob, tag, limits));
  const range = readRange(wanted.range, limits);
  return own.filter((tag) => {
    const version = versionOf(tag);
    return version !== undefined && range.test(version);
  });
}
