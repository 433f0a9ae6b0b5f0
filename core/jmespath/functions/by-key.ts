/** `sort_by`, `min_by`, `max_by`, `map`. Source: JMESPath specification (functions); kyverno/go-jmespath. */
import { compareText, type Evaluation, ExpressionReference, isList, type Value, type ValueList } from "../value.ts";
import { define, fail, type JmesFunction, refuse } from "./signature.ts";

/** Sorting compares every key with about as many others as their number has binary digits. */
export function chargeSort(keys: readonly (number | string)[], run: Evaluation): void {
  const rounds = Math.ceil(Math.log2(keys.length + 1));
  let characters = 0;
  for (const key of keys) if (typeof key === "string") characters += key.length;
  run.spend(keys.length * rounds);
  run.spendText(characters * rounds);
}

/** The arguments of a function that takes a list and an expression; a list that is not JSON's crashes Kyverno. */
function listAndExpression(
  list: Value | undefined,
  expression: Value | undefined,
): { readonly list: ValueList; readonly expression: ExpressionReference } {
  if (list === undefined || !isList(list) || !(expression instanceof ExpressionReference))
    return refuse("a list of objects made by items() cannot be used here");
  return { list, expression };
}

const isKey = (value: Value): value is number | string => typeof value === "number" || typeof value === "string";

const compareKeys = (left: number | string, right: number | string): number =>
  typeof left === "string" && typeof right === "string"
    ? compareText(left, right)
    : left < right
      ? -1
      : left > right
        ? 1
        : 0;

/** The key of every element: all numbers, or all strings. */
function keysOf(
  list: ValueList,
  expression: ExpressionReference,
  run: Evaluation,
  otherwise: string,
): readonly (number | string)[] {
  const keys: (number | string)[] = [];
  let kind: string | undefined;
  for (const item of list) {
    run.spend(1);
    const key = expression.evaluate(item, run);
    if (!isKey(key)) return fail(kind === undefined ? "invalid type, must be number of string" : otherwise);
    kind ??= typeof key;
    if (typeof key !== kind) return fail(otherwise);
    if (typeof key === "string") run.spendText(key.length);
    keys.push(key);
  }
  return keys;
}

const sortBy = define(["array", "expref"], (args, run) => {
  const { list, expression } = listAndExpression(args[0], args[1]);
  // The key of a single element is not evaluated.
  if (list.length < 2) return list;
  const keys = keysOf(list, expression, run, "error in sort_by comparison");
  chargeSort(keys, run);
  const order = keys.map((_, index) => index).sort((left, right) => compareKeys(keys[left] ?? 0, keys[right] ?? 0));
  return run.sortInPlace(
    list,
    order.map((index) => list[index] ?? null),
  );
});

/**
 * The first element with the smallest (`direction` −1) or largest (1) key. The key of a single element is not
 * evaluated.
 */
const extremeBy = (direction: -1 | 1): JmesFunction =>
  define(["array", "expref"], (args, run) => {
    const { list, expression } = listAndExpression(args[0], args[1]);
    if (list.length < 2) return list[0] ?? null;
    const keys = keysOf(list, expression, run, "invalid type, must be number or string throughout");
    let best = 0;
    for (let index = 1; index < keys.length; index++)
      if (Math.sign(compareKeys(keys[index] ?? 0, keys[best] ?? 0)) === direction) best = index;
    return list[best] ?? null;
  });

const map = define(["expref", "array"], (args, run) => {
  const { list, expression } = listAndExpression(args[1], args[0]);
  run.spend(list.length);
  return list.map((item) => expression.evaluate(item, run));
});

export const keyFunctions: ReadonlyMap<string, JmesFunction> = new Map([
  ["sort_by", sortBy],
  ["min_by", extremeBy(-1)],
  ["max_by", extremeBy(1)],
  ["map", map],
]);
