/**
 * Letter case by code point, as Go's unicode package has it: one code point for one, alike in every host. Source: Go's
 * strings package (ToUpper, ToLower, EqualFold); https://www.unicode.org/Public/17.0.0/ucd/UnicodeData.txt.
 */
import { pairedLower, pairedUpper } from "../../encoding/case-pairs.ts";

/** Each second one is the capital of the one before it, and not the other way round: another letter has it, too. */
const onlyUpper = "µΜıIſSǅǄǈǇǋǊǲǱ\u0345ΙςΣϐΒϑΘϕΦϖΠϰΚϱΡϵΕᲀВᲁДᲂОᲃСᲄТᲅТᲆЪᲇѢᲈꙊẛṠ\u1fbeΙ";
/** Each second one is the small form of the one before it. */
const onlyLower = "İiǅǆǈǉǋǌǲǳϴθẞß\u2126ω\u212ak\u212bå";

function pairsOf(text: string): ReadonlyMap<number, number> {
  const points = Array.from(text, pointOf);
  return new Map(points.flatMap((point, index) => (index % 2 === 0 ? [[point, points[index + 1] ?? point]] : [])));
}

const pointOf = (character: string): number => character.codePointAt(0) ?? 0;
const upperOnly = pairsOf(onlyUpper);
const lowerOnly = pairsOf(onlyLower);

/** Greek letters with iota below: their capitals, which have a full mapping of two code points beside this one. */
const greekDistance = (point: number): number =>
  point >= 0x1f80 && point <= 0x1faf ? 8 : [0x1fb3, 0x1fc3, 0x1ff3, 0x1fbc, 0x1fcc, 0x1ffc].includes(point) ? 9 : 0;
const isGreekCapital = (point: number): boolean => (point & 8) !== 0;

function upperOf(point: number): number {
  const distance = greekDistance(point);
  if (distance > 0) return isGreekCapital(point) ? point : point + distance;
  return upperOnly.get(point) ?? pairedUpper(point);
}

function lowerOf(point: number): number {
  const distance = greekDistance(point);
  if (distance > 0) return isGreekCapital(point) ? point - distance : point;
  return lowerOnly.get(point) ?? pairedLower(point);
}

const plain = /^[ -~\t\n\r]*$/;

const mapped = (text: string, map: (point: number) => number): string =>
  Array.from(text, (character) => String.fromCodePoint(map(pointOf(character)))).join("");

/** Upper case without changing the number of code points: `ß` stays. */
export const toUpper = (text: string): string => (plain.test(text) ? text.toUpperCase() : mapped(text, upperOf));

/** Lower case without changing the number of code points: `İ` is `i`. */
export const toLower = (text: string): string => (plain.test(text) ? text.toLowerCase() : mapped(text, lowerOf));

/** Letters of Turkish are alike with no others. Capitals of several letters have one small form. */
const foldOf = (character: string): number => {
  const point = pointOf(character);
  return point === 0x130 || point === 0x131 ? point : lowerOf(upperOf(point));
};

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
    characters.every((character, index) => foldOf(character) === foldOf(rest[index] ?? ""))
  );
}
