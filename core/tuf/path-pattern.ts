/**
 * Patterns of target paths: shell patterns, segment by segment, so that no wildcard crosses a `/`. Source: TUF 1.0 §4.5
 * (PATHPATTERN).
 */

/** Matches one character; `any` is `*`. */
type Part = "any" | ((character: string) => boolean);

/** `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`; a bracket that does not close is literal. */
function readParts(pattern: string): readonly Part[] {
  const characters = [...pattern];
  const parts: Part[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === "*") {
      if (parts.at(-1) !== "any") parts.push("any");
      continue;
    }
    if (character === "?") {
      parts.push(() => true);
      continue;
    }
    // A closing bracket that comes first belongs to the set.
    const first = characters[at + 1] === "!" ? at + 2 : at + 1;
    const end = character === "[" ? characters.indexOf("]", first + 1) : -1;
    if (end === -1) parts.push((found) => found === character);
    else {
      parts.push(readSet(characters.slice(first, end), first === at + 2));
      at = end;
    }
  }
  return parts;
}

function readSet(characters: readonly string[], negated: boolean): Part {
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < characters.length; at++) {
    const from = characters[at] as string;
    const to = characters[at + 1] === "-" ? characters[at + 2] : undefined;
    ranges.push([from, to ?? from]);
    if (to !== undefined) at += 2;
  }
  const point = (character: string): number => character.codePointAt(0) as number;
  return (found) => ranges.some(([from, to]) => point(from) <= point(found) && point(found) <= point(to)) !== negated;
}

/** Goes back to the last `*` only: what an earlier one could give, the last one can give too. */
function matchSegment(pattern: string, segment: string): boolean {
  const parts = readParts(pattern);
  const characters = [...segment];
  let [part, at, star, tried] = [0, 0, -1, 0];
  while (at < characters.length) {
    const current = parts[part];
    if (current === "any") [star, tried, part] = [part, at, part + 1];
    else if (current?.(characters[at] as string) === true) [part, at] = [part + 1, at + 1];
    else if (star >= 0) [part, tried, at] = [star + 1, tried + 1, tried + 1];
    else return false;
  }
  return parts.slice(part).every((rest) => rest === "any");
}

/** Whether a target path is one of the pattern's. */
export function matchPath(pattern: string, path: string): boolean {
  const patterns = pattern.split("/");
  const segments = path.split("/");
  return (
    patterns.length === segments.length && patterns.every((one, index) => matchSegment(one, segments[index] as string))
  );
}
