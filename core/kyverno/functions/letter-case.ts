/**
 * Letter case by code point, as Go's unicode package has it: one code point for one. Source: Go's strings package
 * (ToUpper, ToLower, EqualFold); Unicode simple case mapping.
 */

/** Greek letters with iota below have a capital of one code point beside the full mapping of two. */
function simpleUpper(character: string): string {
  const upper = character.toUpperCase();
  if ([...upper].length === 1) return upper;
  const point = character.codePointAt(0) ?? 0;
  if (point >= 0x1f80 && point <= 0x1faf && (point & 8) === 0) return String.fromCodePoint(point + 8);
  if (point === 0x1fb3 || point === 0x1fc3 || point === 0x1ff3) return String.fromCodePoint(point + 9);
  return character;
}

const plain = /^[ -~\t\n\r]*$/;

/** Upper case without changing the number of code points: `ß` stays. */
export const toUpper = (text: string): string =>
  plain.test(text) ? text.toUpperCase() : Array.from(text, simpleUpper).join("");

/** Lower case without changing the number of code points: `İ` is `i`. */
export const toLower = (text: string): string =>
  plain.test(text)
    ? text.toLowerCase()
    : Array.from(text, (character) => (character === "İ" ? "i" : character.toLowerCase())).join("");

const special = /[.*+?^${}()|[\]\\/-]/;

/**
 * Regular expressions with the flags i and u compare by simple case folding, which is what Go's SimpleFold is made of.
 */
const foldsTo = (left: string, right: string): boolean =>
  new RegExp(`^${special.test(left) ? `\\${left}` : left}$`, "iu").test(right);

/** Whether a text takes the longer way, by code point. */
export const isPlainText = (text: string): boolean => plain.test(text);

/** Equality without regard to case. */
export function equalFold(left: string, right: string): boolean {
  if (left === right) return true;
  if (plain.test(left) && plain.test(right)) return left.toLowerCase() === right.toLowerCase();
  const rest = [...right];
  const characters = [...left];
  return (
    characters.length === rest.length &&
    characters.every((character, index) => character === rest[index] || foldsTo(character, rest[index] ?? ""))
  );
}
