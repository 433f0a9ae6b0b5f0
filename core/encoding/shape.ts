/** Readers of already parsed JSON that report a JSON pointer. Source of the pointer's form: RFC 6901. */
import { EngineError } from "../errors.ts";
import type { JsonArray, JsonObject, JsonValue } from "./json.ts";

/** A JSON pointer one step deeper. */
export const pointer = (at: string, step: string | number): string =>
  `${at}/${typeof step === "string" ? escaped(step) : step}`;

const escaped = (step: string): string =>
  step.includes("/") || step.includes("~") ? step.replaceAll("~", "~0").replaceAll("/", "~1") : step;

/** The steps of a JSON pointer, as {@link pointer} took them; none of the empty one. */
export function pointerSteps(at: string): readonly string[] {
  const steps = at.split("/").slice(1);
  return at.includes("~") ? steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")) : steps;
}

const kindOf = (value: JsonValue | undefined): string =>
  value === undefined
    ? "nothing"
    : value === null
      ? "null"
      : Array.isArray(value)
        ? "a list"
        : typeof value === "object"
          ? "an object"
          : `a ${typeof value}`;

const wrong = (value: JsonValue | undefined, wanted: string, at: string): never => {
  throw new EngineError("malformed", `expected ${wanted}, found ${kindOf(value)}`, { subject: at === "" ? "/" : at });
};

/** An object that is not a list, with any members. {@link isObject} says the same of JSON, `isMap` of policies. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isObject = (value: JsonValue | undefined): value is JsonObject => isRecord(value);

/** @throws EngineError `malformed`, as all readers here. */
export const readObject = (value: JsonValue | undefined, at: string): JsonObject =>
  isObject(value) ? value : wrong(value, "an object", at);
export const readArray = (value: JsonValue | undefined, at: string): JsonArray =>
  Array.isArray(value) ? (value as JsonArray) : wrong(value, "a list", at);
export const readString = (value: JsonValue | undefined, at: string): string =>
  typeof value === "string" ? value : wrong(value, "a string", at);

/** An integer that a double holds exactly. */
export const readInteger = (value: JsonValue | undefined, at: string): number =>
  typeof value === "number" && Number.isSafeInteger(value) ? value : wrong(value, "an integer", at);

/** An own member, `null` too; undefined where there is none, also for names that every object inherits. */
export const own = (object: JsonObject, key: string): JsonValue | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** As {@link own}, but `null` counts as absent, as protobuf JSON has it. */
export const member = (object: JsonObject, key: string): JsonValue | undefined => own(object, key) ?? undefined;

/** The string; `otherwise` for an empty one and for anything else. */
export const textOr = (value: JsonValue | undefined, otherwise = ""): string =>
  typeof value === "string" && value !== "" ? value : otherwise;

/** What is wrong with a key that is not in `known`, for who wrote it. */
export const unknownField = (key: string, known: Iterable<string>): string =>
  `unknown field ${JSON.stringify(key)}; the fields here are ${[...known].join(", ")}`;

/** @throws EngineError `malformed` naming the first key of `object` that is not in `known`. */
export function refuseUnknownKeys(object: JsonObject, known: ReadonlySet<string>, at: string): void {
  for (const key of Object.keys(object))
    if (!known.has(key)) throw new EngineError("malformed", unknownField(key, known), { subject: pointer(at, key) });
}

/** A map of strings. */
export function readStringMap(value: JsonValue | undefined, at: string): Record<string, string> {
  const result: Record<string, string> = Object.create(null);
  for (const [key, entry] of Object.entries(readObject(value, at))) result[key] = readString(entry, pointer(at, key));
  return result;
}
