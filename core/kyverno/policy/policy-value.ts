/** Looking into values of policy files: own members only, `null` told from absent. */
import type { JsonValue } from "../../encoding/json.ts";
import { isRecord } from "../../encoding/shape.ts";
import type { FailureAction, PolicyMap, PolicyValue } from "./policy.ts";

export const isMap = (value: PolicyValue | undefined): value is PolicyMap => isRecord(value);
export const isList = (value: PolicyValue | undefined): value is readonly PolicyValue[] => Array.isArray(value);

/** A value's kind, for messages: `a list`, `the string "x"`, `nothing`. */
export function describe(value: PolicyValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (isList(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "string")
    return value.length > 60 ? `a string of ${value.length} characters` : `the string ${JSON.stringify(value)}`;
  return `the ${typeof value === "boolean" ? "boolean" : "number"} ${value}`;
}

/** An own member; `undefined` if it is absent or `null`, or if `value` is not a map. */
export function member(value: PolicyValue | undefined, key: string): PolicyValue | undefined {
  if (!isMap(value) || !Object.hasOwn(value, key)) return undefined;
  return value[key] ?? undefined;
}

/** To Kyverno's own files, and to ours, a null member is absent. */
export function withoutNulls(value: PolicyValue): PolicyValue {
  if (isList(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const kept: Record<string, PolicyValue> = Object.create(null);
  for (const [key, below] of Object.entries(value)) if (below !== null) kept[key] = withoutNulls(below);
  return kept;
}

export function textOf(value: PolicyValue | undefined, key: string): string | undefined {
  const found = member(value, key);
  return typeof found === "string" ? found : undefined;
}

export function flagOf(value: PolicyValue | undefined, key: string): boolean | undefined {
  const found = member(value, key);
  return typeof found === "boolean" ? found : undefined;
}

/** An integer that a double holds. */
export function integerOf(value: PolicyValue | undefined, key: string): number | undefined {
  const found = member(value, key);
  return typeof found === "bigint" ? Number(found) : undefined;
}

export function mapOf(value: PolicyValue | undefined, key: string): PolicyMap | undefined {
  const found = member(value, key);
  return isMap(found) ? found : undefined;
}

export function listOf(value: PolicyValue | undefined, key: string): readonly PolicyValue[] | undefined {
  const found = member(value, key);
  return isList(found) ? found : undefined;
}

/** The strings of a list. */
export const textsOf = (value: PolicyValue | undefined, key: string): readonly string[] | undefined =>
  listOf(value, key)?.filter((item) => typeof item === "string");

/** The string members of a map, without prototype. */
export function textMapOf(value: PolicyValue | undefined, key: string): Readonly<Record<string, string>> | undefined {
  const found = mapOf(value, key);
  if (found === undefined) return undefined;
  const result: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(found)) if (typeof text === "string") result[name] = text;
  return result;
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The members that are there, so that an absent field is absent and not `undefined`. */
export const present = <T extends object>(members: T): Present<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>;

/** As JSON: integers become doubles. Maps have no prototype. */
export function toJson(value: PolicyValue): JsonValue {
  if (typeof value === "bigint") return Number(value);
  if (isList(value)) return value.map(toJson);
  if (!isMap(value)) return value;
  const result: Record<string, JsonValue> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) result[key] = toJson(entry);
  return result;
}

/** Enforce in its two spellings; any other text, and none, is Audit. */
export const toFailureAction = (text: string | undefined): FailureAction =>
  text === "Enforce" || text === "enforce" ? "Enforce" : "Audit";
