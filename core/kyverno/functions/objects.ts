/** Functions on lists and objects. Source: docs/spec/kyverno.md#functions, #jmespath-dialect. */
import { chargeSort } from "../../jmespath/functions/by-key.ts";
import { define, type JmesFunction } from "../../jmespath/functions/signature.ts";
import { formatFloat, formatFloat32 } from "../../jmespath/go-number.ts";
import {
  areEqual,
  compareText,
  type Evaluation,
  GoInteger,
  isList,
  isMap,
  memberOf,
  ObjectList,
  type Value,
  type ValueList,
  type ValueMap,
} from "../../jmespath/value.ts";
import { failIn, integerOf, text } from "./arguments.ts";

const ofItems = (name: string): never => failIn(name, "a list of objects made by items() cannot be used here");

/** Every member of `labels` is in `within` too, with the same value. */
function labelMatch(labels: ValueMap, within: ValueMap, run: Evaluation): boolean {
  const keys = Object.keys(labels);
  run.spend(keys.length);
  return keys.every((key) => {
    const found = memberOf(within, key);
    return found !== undefined && areEqual(found, memberOf(labels, key) ?? null, run);
  });
}

function lookup(collection: Value, key: Value): Value {
  if (isMap(collection))
    return typeof key === "string"
      ? (memberOf(collection, key) ?? null)
      : failIn("lookup", "argument #2 is not of type String");
  if (!isList(collection)) return ofItems("lookup");
  if (typeof key !== "number") return failIn("lookup", "argument #2 is not of type Number");
  if (!Number.isInteger(key))
    return failIn("lookup", `argument #2: expected an integer number but got: ${formatFloat(key)}`);
  if (integerOf(key) === undefined)
    return failIn("lookup", `argument #2: number is outside the range of integer numbers: ${formatFloat(key)}`);
  return collection[key] ?? null;
}

/** One object for each member or element. Where both names are the same, the value wins. */
function items(collection: Value, keyName: string, valueName: string, run: Evaluation): ObjectList {
  const item = (key: Value, value: Value): ValueMap => {
    run.spend(1);
    const map: Record<string, Value> = Object.create(null);
    map[keyName] = key;
    map[valueName] = value;
    return map;
  };
  if (isMap(collection)) {
    const keys = Object.keys(collection);
    chargeSort(keys, run);
    return new ObjectList(keys.sort(compareText).map((key) => item(key, memberOf(collection, key) ?? null)));
  }
  return isList(collection) ? new ObjectList(collection.map((value, index) => item(index, value))) : ofItems("items");
}

/** The text of a key: strings, numbers and booleans have one. */
function keyText(key: Value): string {
  if (typeof key === "number") return formatFloat32(key);
  if (key instanceof GoInteger) return String(key.value);
  return typeof key === "string" || typeof key === "boolean"
    ? String(key)
    : failIn("object_from_lists", "argument #1 is not of type StringArray");
}

function objectFromLists(keys: ValueList, values: ValueList, run: Evaluation): ValueMap {
  const map: Record<string, Value> = Object.create(null);
  run.spend(keys.length);
  for (const [index, key] of keys.entries()) {
    map[keyText(key)] = values[index] ?? null;
  }
  return map;
}

const collection = ["object", "array"] as const;

export const objectFunctions: readonly (readonly [string, JmesFunction])[] = [
  [
    "items",
    define([collection, "string", "string"], ([from = null, keyName, valueName], run) =>
      items(from, text(keyName), text(valueName), run),
    ),
  ],
  [
    "label_match",
    define(["object", "object"], ([labels, within], run) => labelMatch(labels as ValueMap, within as ValueMap, run)),
  ],
  ["lookup", define([collection, ["string", "number"]], ([from = null, key = null]) => lookup(from, key))],
  [
    "object_from_lists",
    define(["array", "array"], ([keys = null, values = null], run) =>
      isList(keys) && isList(values) ? objectFromLists(keys, values, run) : ofItems("object_from_lists"),
    ),
  ],
];
