/**
 * Shapes of YAML values and the check of a value against one: every unknown field, wrong type and missing field is
 * reported at once. Source: Kubernetes structural schemas.
 */
import { pointer } from "../../encoding/shape.ts";
import { nearestName } from "./nearest-name.ts";
import type { PolicyMap, PolicyValue } from "./policy.ts";
import { describe, isList, isMap } from "./policy-value.ts";
import type { Findings } from "./findings.ts";

export type Shape =
  | { readonly kind: "map"; readonly fields: Readonly<Record<string, Shape>>; readonly required: readonly string[] }
  | {
      readonly kind: "open map";
      readonly fields: Readonly<Record<string, Shape>>;
      readonly required: readonly string[];
    }
  | { readonly kind: "map of"; readonly of: Shape }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "text"; readonly maxLength?: number; readonly values?: readonly string[] }
  | { readonly kind: "integer"; readonly least?: number; readonly most?: number }
  | { readonly kind: "flag" }
  | { readonly kind: "any" }
  | { readonly kind: "later"; readonly shape: () => Shape };

type Fields = Readonly<Record<string, Shape>>;

/** A map with these fields and no others. */
export const map = (fields: Fields, required: readonly string[] = []): Shape => ({ kind: "map", fields, required });
/** A map with these fields and any others; a field that is null is absent. */
export const openMap = (fields: Fields, required: readonly string[] = []): Shape => ({
  kind: "open map",
  fields,
  required,
});
export const mapOf = (of: Shape): Shape => ({ kind: "map of", of });
export const list = (of: Shape): Shape => ({ kind: "list", of });
export const text: Shape = { kind: "text" };
export const textUpTo = (maxLength: number): Shape => ({ kind: "text", maxLength });
export const oneOf = (...values: readonly string[]): Shape => ({ kind: "text", values });
export const integer = (bounds: { readonly least?: number; readonly most?: number } = {}): Shape => ({
  kind: "integer",
  ...bounds,
});
export const flag: Shape = { kind: "flag" };
export const any: Shape = { kind: "any" };
/** For shapes that hold themselves. */
export const later = (shape: () => Shape): Shape => ({ kind: "later", shape });
export const texts = list(text);
export const textMap = mapOf(text);

const wanted: Readonly<Record<Shape["kind"], string>> = {
  map: "a map",
  "open map": "a map",
  "map of": "a map",
  list: "a list",
  text: "a string",
  integer: "an integer",
  flag: "true or false",
  any: "any value",
  later: "any value",
};

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(", ");

/**
 * The part of `value` that fits the shape, so that a later look finds only what it can read; what does not fit is
 * reported and left out.
 */
export function fitShape(value: PolicyValue, shape: Shape, at: string, findings: Findings): PolicyValue | undefined {
  switch (shape.kind) {
    case "any":
      return value;
    case "later":
      return fitShape(value, shape.shape(), at, findings);
    case "map":
    case "open map":
      return isMap(value) ? fitFields(value, shape, at, findings) : refuse(value, shape, at, findings);
    case "map of":
      return isMap(value) ? fitMembers(value, shape.of, at, findings) : refuse(value, shape, at, findings);
    case "list":
      return isList(value)
        ? value.map((item, index) => fitShape(item, shape.of, pointer(at, index), findings) ?? null)
        : refuse(value, shape, at, findings);
    case "flag":
      return typeof value === "boolean" ? value : refuse(value, shape, at, findings);
    case "text":
      return typeof value === "string" ? fitText(value, shape, at, findings) : refuse(value, shape, at, findings);
    case "integer":
      return typeof value === "bigint" ? fitInteger(value, shape, at, findings) : refuse(value, shape, at, findings);
  }
}

function refuse(value: PolicyValue, shape: Shape, at: string, findings: Findings): undefined {
  const hint = shape.kind === "text" && ["boolean", "bigint", "number"].includes(typeof value) ? "; quote it" : "";
  findings.refuse(at, `expected ${wanted[shape.kind]}, found ${describe(value)}${hint}`);
  return undefined;
}

function fitText(
  value: string,
  shape: Shape & { readonly kind: "text" },
  at: string,
  findings: Findings,
): string | undefined {
  if (shape.values !== undefined && !shape.values.includes(value)) {
    const nearest = nearestName(value, shape.values);
    findings.refuse(
      at,
      `expected one of ${quoted(shape.values)}, found ` +
        `${describe(value)}${nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`}`,
    );
    return undefined;
  }
  if (shape.maxLength !== undefined && [...value].length > shape.maxLength) {
    findings.refuse(at, `expected at most ${shape.maxLength} characters, found ${[...value].length}`);
    return undefined;
  }
  return value;
}

function fitInteger(
  value: bigint,
  shape: Shape & { readonly kind: "integer" },
  at: string,
  findings: Findings,
): bigint | undefined {
  const { least, most } = shape;
  if ((least === undefined || value >= BigInt(least)) && (most === undefined || value <= BigInt(most))) return value;
  const bounds = [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ];
  findings.refuse(at, `expected ${bounds.join(" and ")}, found ${value}`);
  return undefined;
}

function fitMembers(value: PolicyMap, of: Shape, at: string, findings: Findings): PolicyMap {
  const result: Record<string, PolicyValue> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) {
    const fitted = fitShape(entry, of, pointer(at, key), findings);
    if (fitted !== undefined) result[key] = fitted;
  }
  return result;
}

function fitFields(
  value: PolicyMap,
  shape: Shape & { readonly kind: "map" | "open map" },
  at: string,
  findings: Findings,
): PolicyMap {
  const result: Record<string, PolicyValue> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) {
    if (entry === null && shape.kind === "open map") continue;
    const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    if (field === undefined) {
      if (shape.kind === "open map") result[key] = entry;
      else refuseUnknown(key, Object.keys(shape.fields), at, findings);
      continue;
    }
    const fitted = fitShape(entry, field, pointer(at, key), findings);
    if (fitted !== undefined) result[key] = fitted;
  }
  for (const key of shape.required) if (!Object.hasOwn(value, key)) findings.refuse(pointer(at, key), "is missing");
  return result;
}

function refuseUnknown(key: string, known: readonly string[], at: string, findings: Findings): void {
  if (findings.isFull) return;
  const nearest = nearestName(key, known);
  const here = pointer(at, key);
  if (nearest === undefined) findings.refuse(here, `unknown field; the fields here are ${known.join(", ")}`);
  else findings.misspelt(here, `unknown field; did you mean ${JSON.stringify(nearest)}?`, pointer(at, nearest));
}
