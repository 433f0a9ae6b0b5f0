/**
 * Claims of completeness: what makes a question that nobody answered absent, and the facts that end such a claim.
 * Source: docs/spec/offline.md#completeness.
 */
import type { Answer } from "./answer.ts";
import type { Descriptor } from "../oci/descriptor.ts";

/** Somebody said that everything of a scope is held. The scope's text tells its grain: host, repository or image. */
export interface CompletenessClaim {
  /** `ghcr.io`, `ghcr.io/org/app` or `ghcr.io/org/app@sha256:91c2…`. */
  readonly scope: string;
  /** RFC 3339: the time of what was said to be complete. */
  readonly at: string;
  /** Who said so: a command, or a layout. */
  readonly from: string;
}

/**
 * Whether `later` has something that `earlier` said was not there: what was absent, other content under a tag, a
 * further referrer. Both answer one question. Where nobody had answered, nothing is contradicted.
 */
export function contradicts(later: Answer | undefined, earlier: Answer | undefined): boolean {
  if (later?.state !== "present" || earlier === undefined || earlier.state === "unavailable") return false;
  const found = digestsIn(later.value);
  if (earlier.state === "absent") return found === undefined || found.length > 0;
  const known = digestsIn(earlier.value);
  return found !== undefined && !found.every((digest) => known?.includes(digest));
}

/** The digests of a list of referrers or of a tag. Content that its digest names has none: it never changes. */
function digestsIn(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) return (value as readonly Descriptor[]).map(({ digest }) => digest);
  return value instanceof Uint8Array ? undefined : [(value as Descriptor).digest];
}

/** The claim that an absence rests on; none for one that a source observed. */
export const claimOf = (answer: Answer): CompletenessClaim | undefined =>
  answer.state === "absent" && answer.claim !== undefined
    ? { scope: answer.claim, at: answer.at, from: answer.from }
    : undefined;

/** A claim for people: what is said to be complete, as of when, by whom. */
export const claimWords = ({ scope, at, from }: CompletenessClaim): string => `${scope} complete as of ${at}: ${from}`;

/** An absence that rests on a claim. */
export const claimedAbsence = ({ scope, at, from }: CompletenessClaim): Answer => ({
  state: "absent",
  at,
  from,
  claim: scope,
});
