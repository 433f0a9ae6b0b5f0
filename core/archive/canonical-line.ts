/**
 * Lines of JSON with one level, each in its one spelling: RFC 8785, and values that are texts, whole numbers or `true`.
 * A line is accepted only if writing what was read gives the same line again, so repeated or unsorted members, other
 * spellings of a text and white space cannot hide anything. Source: docs/spec/archive.md#entries, RFC 8785.
 */
import { isRecord } from "../encoding/shape.ts";
import { holdsLoneSurrogate } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";

export type FlatValue = string | number | true;
export type FlatObject = Readonly<Record<string, FlatValue | undefined>>;

const malformed = (message: string): EngineError => new EngineError("malformed", message);

function areInOrder(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index++)
    if ((names[index - 1] as string) >= (names[index] as string)) return false;
  return true;
}

/**
 * The line of `object`, without its line feed. Members that are `undefined` are not there. An object whose members are
 * in order is written in one step.
 */
export function encodeFlat(object: FlatObject): string {
  const names = Object.keys(object);
  if (areInOrder(names)) return JSON.stringify(object);
  const members = names.sort().filter((name) => object[name] !== undefined);
  return `{${members.map((name) => `${JSON.stringify(name)}:${JSON.stringify(object[name])}`).join(",")}}`;
}

/** A text in its one spelling: almost all are that already. */
export const encodeText = (text: string): string => (needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`);

const needsEscape = /[^ !#-[\]-~]/;

function parseJsonLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed("a line that is not JSON");
    throw error;
  }
}

const isFlat = (value: unknown): value is FlatValue =>
  typeof value === "string" ||
  value === true ||
  (typeof value === "number" && Number.isSafeInteger(value) && value >= 0);

/**
 * The object of a line.
 * @throws EngineError `malformed` unless {@link encodeFlat} writes exactly this line.
 */
export function parseFlat(line: string): FlatObject {
  const value = parseJsonLine(line);
  if (!isRecord(value)) throw malformed("a line that is not an object");
  const object: FlatObject = value as FlatObject;
  for (const key in object)
    if (!isFlat(object[key])) throw malformed(`${JSON.stringify(key)} is neither a text, nor a whole number, nor true`);
  if (encodeFlat(object) !== line) throw malformed("a line that is not in its one spelling");
  // An escape is the only spelling of half a character: it would be read as another text by others.
  if (line.includes("\\ud") && holdsLoneSurrogate(Object.values(object).join("\n")))
    throw malformed("a text with half a character");
  return object;
}

export function textOf(object: FlatObject, key: string): string {
  const value = object[key];
  if (typeof value !== "string") throw malformed(`${key} is not a text`);
  return value;
}

export function countOf(object: FlatObject, key: string): number {
  const value = object[key];
  if (typeof value !== "number") throw malformed(`${key} is not a whole number`);
  return value;
}

/** @throws EngineError `malformed` naming the first member that is not in `known`. */
export function onlyMembers(object: FlatObject, known: ReadonlySet<string>): void {
  for (const key in object) if (!known.has(key)) throw malformed(`unknown member ${JSON.stringify(key)}`);
}
