/**
 * How large a regular expression becomes once its counted repetitions are written out, and where its groups' names are;
 * found without compiling it.
 */

export interface GroupName {
  readonly name: string;
  /** Offset of the name's first character. */
  readonly at: number;
}

export interface PatternSize {
  /** About as many as the compiled program has instructions. */
  readonly instructions: number;
  readonly names: readonly GroupName[];
}

const repeat = /\{([0-9]+)(?:,([0-9]*))?\}/y;
const groupName = /\(\?P?<([A-Za-z0-9_]+)>/y;

/** Offset of the end of a character class that begins at `at`. */
function classEnd(pattern: string, at: number): number {
  let index = at + 1;
  if (pattern.charAt(index) === "^") index++;
  if (pattern.charAt(index) === "]") index++;
  while (index < pattern.length && pattern.charAt(index) !== "]") {
    if (pattern.startsWith("[:", index)) {
      const end = pattern.indexOf(":]", index + 2);
      if (end >= 0) index = end + 1;
    } else if (pattern.charAt(index) === "\\") index++;
    index++;
  }
  return index + 1;
}

/** Sums up a pattern. An invalid expression gets some size; the compiler refuses it. */
export function measurePattern(pattern: string): PatternSize {
  const names: GroupName[] = [];
  const open: { before: number }[] = [];
  let total = 0;
  let atom = 0;
  for (let index = 0; index < pattern.length; ) {
    const character = pattern.charAt(index);
    if (character === "(") {
      groupName.lastIndex = index;
      const name = groupName.exec(pattern)?.[1];
      if (name !== undefined) names.push({ name, at: pattern.indexOf("<", index) + 1 });
      open.push({ before: total + atom });
      total = 0;
      atom = 0;
      index++;
    } else if (character === ")") {
      atom += total + 2;
      total = open.pop()?.before ?? 0;
      index++;
    } else if (character === "*" || character === "+" || character === "?" || character === "|") {
      total += 1;
      index++;
    } else if (character === "{") {
      repeat.lastIndex = index;
      const match = repeat.exec(pattern);
      if (match === null) {
        total += atom;
        atom = 1;
        index++;
        continue;
      }
      atom *= Math.max(
        1,
        Number(match[1]),
        match[2] === undefined || match[2] === "" ? Number(match[1]) + 1 : 2 * Number(match[2]),
      );
      index = repeat.lastIndex;
    } else {
      total += atom;
      atom = 1;
      if (pattern.startsWith("\\Q", index)) {
        const end = pattern.indexOf("\\E", index + 2);
        const stop = end < 0 ? pattern.length : end + 2;
        total += stop - index;
        index = stop;
      } else if (character === "\\") index += 2;
      else index = character === "[" ? classEnd(pattern, index) : index + 1;
    }
  }
  return { instructions: total + atom, names };
}
