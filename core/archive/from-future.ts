/**
 * An archive or a snapshot that says that it was made later than now. Its time would count as seen: by it everything
 * here would be old, and what is made next would seem to be older. Source: docs/spec/archive.md#sequence.
 */

/** Two clocks that are both kept well do not differ by more; one in the wrong time zone is told by a warning. */
const tolerated = 24 * 60 * 60 * 1000;

/** Why it is refused, as the end of a sentence about it. `created` is RFC 3339. */
export function fromFuture(created: string, now: Date): string | undefined {
  if (Date.parse(created) - now.getTime() <= tolerated) return undefined;
  return `was made at ${created}, and by this machine's clock it is ${now.toISOString()} [clock-behind]`;
}
