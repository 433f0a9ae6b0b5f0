/**
 * Values of expressions: JSON, and the few further kinds of Kyverno's Go code. Source:
 * docs/spec/kyverno.md#jmespath-dialect.
 */
import type { Limits } from "../limits.ts";
import type { JsonValue } from "../encoding/json.ts";
import { isRecord } from "../encoding/shape.ts";

export type Value = null | boolean | number | string | ValueList | ValueMap | Special;
export type ValueList = readonly Value[];
export interface ValueMap {
  readonly [key: string]: Value;
}

/** Values that are no JSON: no field, no index, no comparison reaches into them unless it says so. */
export abstract class Special {
  /** Its name for people. Not an own property, so no expression sees it. */
  abstract get kind(): string;
}

/** Go's `int`, which is not the float64 that JSON numbers are: `compare()` returns one. */
export class GoInteger extends Special {
  readonly #value: number;

  constructor(value: number) {
    super();
    this.#value = value;
  }

  get kind(): string {
    return "integer";
  }

  get value(): number {
    return this.#value;
  }
}

/** Go's `[]map[string]any`, which is not the `[]any` that JSON arrays are: `items()` returns one. */
export class ObjectList extends Special {
  readonly #items: readonly ValueMap[];

  constructor(items: readonly ValueMap[]) {
    super();
    this.#items = items;
  }

  get kind(): string {
    return "list of objects";
  }

  get items(): readonly ValueMap[] {
    return this.#items;
  }
}

/**
 * A missing field, on its way to the operation that swallows it. One is made for each place in the expression.
 */
export class Missing {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }
}

export type ParameterType =
  | "number"
  | "string"
  | "array"
  | "object"
  | "array[number]"
  | "array[string]"
  | "expref"
  | "any";

export interface JmesFunction {
  /** The types that each argument may have. No parameters at all: arguments are ignored, as go-jmespath does. */
  readonly parameters: readonly (readonly ParameterType[])[];
  /** The last parameter may repeat; then no type is checked. */
  readonly variadic: boolean;
  readonly call: (args: readonly Value[], run: Evaluation) => Value;
}

/** Name → function. A `Map` is one. */
export interface FunctionTable {
  get(name: string): JmesFunction | undefined;
}

/**
 * One evaluation, as functions and compiled nodes see it: its functions, its budget, what must be undone when it ends.
 */
export interface Evaluation {
  readonly functions: FunctionTable;
  /** Bounds on what a function reads. */
  readonly limits: Limits;
  /** @throws EngineError `over-budget` when the steps are used up. */
  spend(steps: number): void;
  /**
   * Text that a function reads or makes costs too: an expression may double a text again and again, or have it read a
   * million times.
   */
  spendText(length: number): void;
  /** As {@link spendText}, for work on every character that takes several times as long as copying it. */
  spendCharacters(length: number): void;
  /** Says that a value came up which is no JSON, so that the result has to be looked through. */
  markUnclean(): void;
  /** Sorts `list` in place, as Go does, for the rest of this evaluation. */
  sortInPlace(list: ValueList, sorted: ValueList): ValueList;
  /** Whether an error is one that Kyverno has too, which some places make null of. */
  forgives(error: unknown): boolean;
}

/** One compiled node. */
export type Step = (value: Value, run: Evaluation) => Value | Missing;

/** `&expression`: what functions such as `sort_by` call for each element. */
export class ExpressionReference extends Special {
  readonly #step: Step;

  constructor(step: Step) {
    super();
    this.#step = step;
  }

  get kind(): string {
    return "expression";
  }

  /** The expression's value for `value`; a field that is missing counts as null. */
  evaluate(value: Value, run: Evaluation): Value {
    const result = this.#step(value, run);
    return result instanceof Missing ? null : result;
  }
}

/**
 * Where a document's fields come from when they are looked up one at a time: a context whose entries load when read.
 */
export interface Scope {
  /** Undefined: there is no such field. What it throws passes through the whole expression. */
  lookup(key: string): JsonValue | undefined;
  keys(): readonly string[];
}

/** A scope as the value that an expression starts from. */
export class ScopeRoot extends Special {
  readonly #scope: Scope;
  #failure: unknown;

  constructor(scope: Scope) {
    super();
    this.#scope = scope;
  }

  get kind(): string {
    return "scope";
  }

  lookup(key: string): JsonValue | undefined {
    try {
      return this.#scope.lookup(key);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** Whether a field look-up threw this, rather than the expression itself. */
  hasThrown(error: unknown): boolean {
    return error === this.#failure;
  }

  /** All fields, loaded. */
  whole(): ValueMap {
    const map: Record<string, Value> = Object.create(null);
    for (const key of this.#scope.keys()) map[key] = this.lookup(key) ?? null;
    return map;
  }
}

export const isList = (value: Value): value is ValueList => Array.isArray(value);

export const isMap = (value: Value): value is ValueMap => isRecord(value) && !(value instanceof Special);

/** The elements of any Go slice, or undefined. */
export const elements = (value: Value): ValueList | undefined =>
  isList(value) ? value : value instanceof ObjectList ? value.items : undefined;

/** Own members only: `constructor` is a field only if the document has it. */
export const memberOf = (map: ValueMap, key: string): Value | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** JMESPath's truth: false, null and everything empty are false, 0 is not. */
export function isTruthy(value: Value): boolean {
  if (value === null || value === false || value === "") return false;
  if (typeof value !== "object") return true;
  const list = elements(value);
  if (list !== undefined) return list.length > 0;
  if (value instanceof Special) return true;
  for (const key in value) if (Object.hasOwn(value, key)) return true;
  return false;
}

/** Texts of one length are compared to the end. */
export function isSameText(left: string, right: string, run: Evaluation): boolean {
  if (left.length !== right.length) return false;
  run.spendText(left.length);
  return left === right;
}

/** Equality of content and of kind, Go's reflect.DeepEqual. */
export function areEqual(left: Value, right: Value, run: Evaluation): boolean {
  run.spend(1);
  if (typeof left === "string" && typeof right === "string") return isSameText(left, right, run);
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (isList(left))
    return (
      isList(right) &&
      left.length === right.length &&
      left.every((item, index) => areEqual(item, right[index] ?? null, run))
    );
  if (left instanceof GoInteger) return right instanceof GoInteger && left.value === right.value;
  if (left instanceof ObjectList) return right instanceof ObjectList && areEqual(left.items, right.items, run);
  if (!isMap(left) || !isMap(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && areEqual(left[key] ?? null, right[key] ?? null, run))
  );
}

/** −1, 0 or 1 by code point, which is the order of UTF-8 and of Go's strings. */
export function compareText(left: string, right: string): -1 | 0 | 1 {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    let a = left.charCodeAt(index);
    let b = right.charCodeAt(index);
    if (a === b) continue;
    // Surrogates sort after U+FFFF.
    if (a >= 0xd800 && b >= 0xd800) {
      a = a >= 0xe000 ? a - 0x800 : a + 0x2000;
      b = b >= 0xe000 ? b - 0x800 : b + 0x2000;
    }
    return a < b ? -1 : 1;
  }
  return left.length === right.length ? 0 : left.length < right.length ? -1 : 1;
}
