/**
 * Tags of which nobody could say whether they have moved: for a rule's images, and for what its context reads of a
 * registry. Source: docs/spec/offline.md#outcomes-under-a-failure-policy.
 */
import { openAgain } from "../../knowledge/ask.ts";
import type { AnswerValues, Known } from "../../knowledge/answer.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import { readTag } from "../../oci/lookup.ts";
import type { ImageReference } from "../../oci/reference.ts";

export interface StaleTags {
  /** A tag of which nobody could say whether it has moved is unknown. */
  readonly hides: boolean;
  /** Told of each such tag that is used. */
  readonly warn: (text: string) => void;
}

/**
 * What the image's tag names, `latest` without one. Without `stale` an earlier answer is as good as a new one.
 * @throws EngineError as `ask`, also where an outage hides an earlier answer.
 */
export function readJudgedTag(
  { repository, canonical, tag = "latest" }: Pick<ImageReference, "repository" | "canonical" | "tag">,
  knowledge: Knowledge,
  stale: StaleTags | undefined,
): Known<AnswerValues["tag"]> {
  const found = readTag(knowledge, repository, tag);
  if (found.outage === undefined || stale === undefined) return found;
  const { from, code } = found.outage;
  if (stale.hides) throw openAgain({ kind: "tag", repository, tag }, found.outage);
  const since = `what was said of it at ${found.at} is used`;
  stale.warn(`${canonical} may have moved: ${from} could not be asked (${code}), and ${since}`);
  return found;
}
