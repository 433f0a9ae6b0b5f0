/**
 * Readers of TUF's JSON that report a JSON pointer. Its numbers are integers of any size, so they are not those of
 * `core/encoding/shape.ts`.
 */
import { parseInstant } from "../encoding/instant.ts";
import type { IntegerJson, IntegerJsonObject } from "../encoding/json.ts";
import { isRecord, pointer } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";

/** @throws EngineError `malformed`, as everything here. */
const wrong = (wanted: string, at: string): never => {
  throw new EngineError("malformed", `expected ${wanted}`, { subject: at });
};

const isObject = (value: IntegerJson | undefined): value is IntegerJsonObject => isRecord(value);

export const readObject = (value: IntegerJson | undefined, at: string): IntegerJsonObject =>
  isObject(value) ? value : wrong("an object", at);
export const readList = (value: IntegerJson | undefined, at: string): readonly IntegerJson[] =>
  Array.isArray(value) ? (value as readonly IntegerJson[]) : wrong("a list", at);
export const readText = (value: IntegerJson | undefined, at: string): string =>
  typeof value === "string" ? value : wrong("a string", at);
export const readFlag = (value: IntegerJson | undefined, at: string): boolean =>
  typeof value === "boolean" ? value : wrong("true or false", at);
export const readTexts = (value: IntegerJson | undefined, at: string): readonly string[] =>
  readList(value, at).map((entry, index) => readText(entry, `${at}/${index}`));

/** An integer that is at least `least`. */
export function readInteger(value: IntegerJson | undefined, least: bigint, at: string): bigint {
  return typeof value === "bigint" && value >= least ? value : wrong(`an integer from ${least}`, at);
}

/** The entries of an object in its order. */
export const readEntries = <T>(
  value: IntegerJson | undefined,
  at: string,
  read: (entry: IntegerJson, at: string, key: string) => T,
): ReadonlyMap<string, T> =>
  new Map(Object.entries(readObject(value, at)).map(([key, entry]) => [key, read(entry, pointer(at, key), key)]));

export const readTime = (value: IntegerJson | undefined, at: string): Date => parseInstant(readText(value, at), at);
