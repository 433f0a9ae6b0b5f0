/** The functions of the JMESPath specification. Source: JMESPath specification (functions); kyverno/go-jmespath. */
import { findText } from "../../patterns/find-text.ts";
import { parseGoFloat } from "../go-number.ts";
import { goJson } from "../go-text.ts";
import {
  compareText,
  elements,
  type Evaluation,
  GoInteger,
  isList,
  isMap,
  isSameText,
  memberOf,
  Special,
  type Value,
  type ValueMap,
} from "../value.ts";
import { chargeSort, keyFunctions } from "./by-key.ts";
import { define, defineVariadic, fail, type JmesFunction, refuse } from "./signature.ts";

// The signature has checked the types of what these read.
const number = (value: Value | undefined): number => value as number;
const text = (value: Value | undefined): string => value as string;
const numbers = (value: Value | undefined): readonly number[] => value as readonly number[];
const texts = (value: Value | undefined): readonly string[] => value as readonly string[];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The names of an object, which are charged. */
function keysOf(map: ValueMap, run: Evaluation): readonly string[] {
  const keys = Object.keys(map);
  run.spend(keys.length);
  return keys;
}

/** Kind of a value by JMESPath's names. Go's own types have none. */
function typeOf(value: Value): string {
  if (value === null) return "null";
  if (isList(value)) return "array";
  if (typeof value !== "object") return typeof value;
  return value instanceof Special ? fail("unknown type") : "object";
}

/** Go compares interfaces: composites of one kind cannot be compared at all, of different kinds they differ. */
export function areSame(left: Value, right: Value, run: Evaluation): boolean {
  if (typeof left === "string" && typeof right === "string") return isSameText(left, right, run);
  if (left === right && typeof left !== "object") return true;
  if (left === null || right === null) return left === right;
  if (typeof left !== "object" || typeof right !== "object") return false;
  if (left instanceof GoInteger && right instanceof GoInteger) return left.value === right.value;
  if ((isList(left) && isList(right)) || (isMap(left) && isMap(right)))
    return refuse("lists and objects cannot be compared here");
  return false;
}

function contains(within: Value, wanted: Value, run: Evaluation): boolean {
  if (typeof within === "string") return typeof wanted === "string" && findText(within, wanted) >= 0;
  if (!isList(within)) return refuse("a list of objects made by items() cannot be searched");
  run.spend(within.length);
  return within.some((item) => areSame(item, wanted, run));
}

function length(value: Value, run: Evaluation): number {
  if (typeof value === "string") {
    run.spendCharacters(value.length);
    let count = 0;
    for (const _ of value) count++;
    return count;
  }
  return elements(value)?.length ?? keysOf(value as ValueMap, run).length;
}

/** The smallest or largest of numbers or of strings; null of none. */
const extreme = (direction: -1 | 1): JmesFunction =>
  define([["array[number]", "array[string]"]], ([list]) => {
    const values = list as readonly (number | string)[];
    if (values.length === 0) return null;
    return values.reduce((best, value) => {
      const order =
        typeof value === "string" && typeof best === "string"
          ? compareText(value, best)
          : value < best
            ? -1
            : value > best
              ? 1
              : 0;
      return order === direction ? value : best;
    });
  });

function toNumber(value: Value, run: Evaluation): Value {
  if (typeof value === "number") return value;
  if (typeof value === "string") run.spendCharacters(value.length);
  if (typeof value === "string") return parseGoFloat(value) ?? null;
  if (value instanceof Special) fail("unknown type");
  return null;
}

function reverse(value: Value, run: Evaluation): Value {
  if (typeof value === "string") {
    run.spendCharacters(value.length);
    return [...value].reverse().join("");
  }
  if (isList(value)) run.spend(value.length);
  return isList(value) ? value.toReversed() : refuse("a list of objects made by items() cannot be reversed");
}

function merge(args: readonly Value[], run: Evaluation): Value {
  const merged: Record<string, Value> = Object.create(null);
  for (const value of args) {
    if (!isMap(value)) return refuse("merge() takes objects only");
    for (const key of keysOf(value, run)) merged[key] = memberOf(value, key) ?? null;
  }
  return merged;
}

export const standardFunctions: ReadonlyMap<string, JmesFunction> = new Map<string, JmesFunction>([
  ...keyFunctions,
  ["abs", define(["number"], ([value]) => Math.abs(number(value)))],
  ["avg", define(["array[number]"], ([list]) => sum(numbers(list)) / numbers(list).length)],
  ["ceil", define(["number"], ([value]) => Math.ceil(number(value)))],
  [
    "contains",
    define([["array", "string"], "any"], ([within = null, wanted = null], run) => contains(within, wanted, run)),
  ],
  ["ends_with", define(["string", "string"], ([value, end]) => text(value).endsWith(text(end)))],
  ["floor", define(["number"], ([value]) => Math.floor(number(value)))],
  [
    "join",
    define(["string", "array[string]"], ([separator, list], run) => {
      run.spendText(texts(list).reduce((total, part) => total + part.length + text(separator).length, 0));
      return texts(list).join(text(separator));
    }),
  ],
  ["keys", define(["object"], ([value], run) => keysOf(value as ValueMap, run))],
  ["length", define([["string", "array", "object"]], ([value = null], run) => length(value, run))],
  ["max", extreme(1)],
  ["merge", defineVariadic(merge)],
  ["min", extreme(-1)],
  ["not_null", defineVariadic((args) => args.find((value) => value !== null) ?? null)],
  ["reverse", define([["array", "string"]], ([value = null], run) => reverse(value, run))],
  [
    "sort",
    define([["array[string]", "array[number]"]], ([list], run) => {
      const values = list as readonly (number | string)[];
      chargeSort(values, run);
      return values.toSorted((left, right) =>
        typeof left === "string" && typeof right === "string"
          ? compareText(left, right)
          : left < right
            ? -1
            : left > right
              ? 1
              : 0,
      );
    }),
  ],
  ["starts_with", define(["string", "string"], ([value, start]) => text(value).startsWith(text(start)))],
  ["sum", define(["array[number]"], ([list]) => sum(numbers(list)))],
  ["to_array", define(["any"], ([value = null]) => (isList(value) ? value : [value]))],
  ["to_number", define(["any"], ([value = null], run) => toNumber(value, run))],
  ["to_string", define(["any"], ([value = null], run) => (typeof value === "string" ? value : goJson(value, run)))],
  ["type", define(["any"], ([value = null]) => typeOf(value))],
  [
    "values",
    define(["object"], ([value], run) =>
      keysOf(value as ValueMap, run).map((key) => memberOf(value as ValueMap, key) ?? null),
    ),
  ],
]);
