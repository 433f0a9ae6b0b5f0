/**
 * Compiles a tree into closures. Source: JMESPath specification; docs/spec/kyverno.md#jmespath-dialect (what swallows a
 * missing field).
 */
import type { Comparison, Node } from "./ast.ts";
import { callFunction, fail } from "./functions/signature.ts";
import {
  areEqual,
  elements,
  type Evaluation,
  ExpressionReference,
  isMap,
  isTruthy,
  memberOf,
  Missing,
  ScopeRoot,
  Special,
  type Step,
  type Value,
  type ValueList,
} from "./value.ts";

/** The places that treat a missing field as null. */
const swallow = (result: Value | Missing): Value => (result instanceof Missing ? null : result);

/** The left side of a filter, a flattening or `.*`: any failure there is null, not only a missing field. */
function forgiving(step: Step, value: Value, run: Evaluation): Value {
  try {
    return swallow(step(value, run));
  } catch (error) {
    if (run.forgives(error)) return null;
    throw error;
  }
}

function readField(value: Value, name: string, missing: Missing): Value | Missing {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  if (Object.hasOwn(value, name)) return (value as { readonly [key: string]: Value })[name] ?? null;
  if (value instanceof ScopeRoot) return value.lookup(name) ?? missing;
  return value instanceof Special ? null : missing;
}

function compileField(name: string): Step {
  const missing = new Missing(name);
  return (value) => readField(value, name, missing);
}

/** `a.b.c`, the commonest of all: one loop. */
function compilePath(names: readonly string[]): Step {
  const path = names.map((name) => ({ name, missing: new Missing(name) }));
  return (value, run) => {
    run.spend(1);
    let current = value;
    for (const { name, missing } of path) {
      const next = readField(current, name, missing);
      if (next instanceof Missing) return next;
      current = next;
    }
    return current;
  };
}

function compileChain(nodes: readonly Node[]): Step {
  const fields = nodes.flatMap((node) => (node.kind === "field" ? [node.name] : []));
  if (fields.length === nodes.length) return compilePath(fields);
  const steps = nodes.map(compileNode);
  return (value, run) => {
    let current = value;
    for (const step of steps) {
      run.spend(1);
      const next = step(current, run);
      if (next instanceof Missing) return next;
      current = next;
    }
    return current;
  };
}

function compileIndex(index: number): Step {
  return (value) => {
    const list = elements(value);
    return list?.[index < 0 ? list.length + index : index] ?? null;
  };
}

/** An end of a slice, inside the list and one step beyond it. */
function bound(given: number | null, length: number, step: number, otherwise: number): number {
  if (given === null) return otherwise;
  if (given < 0) return given + length < 0 ? (step < 0 ? -1 : 0) : given + length;
  return given >= length ? (step < 0 ? length - 1 : length) : given;
}

function compileSlice({
  start,
  stop,
  step: given,
}: {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number | null;
}): Step {
  const step = given ?? 1;
  return (value, run) => {
    const list = elements(value);
    if (list === undefined) return null;
    if (step === 0) return fail("Invalid slice, step cannot be 0");
    const from = bound(start, list.length, step, step < 0 ? list.length - 1 : 0);
    const to = bound(stop, list.length, step, step < 0 ? -1 : list.length);
    const part: Value[] = [];
    for (let index = from; step > 0 ? index < to : index > to; index += step) part.push(list[index] ?? null);
    run.spend(part.length);
    return part;
  };
}

/** `right` of every element, without nulls. */
function project(list: ValueList, right: Step, run: Evaluation): ValueList {
  const collected: Value[] = [];
  for (const item of list) {
    run.spend(1);
    const result = swallow(right(item, run));
    if (result !== null) collected.push(result);
  }
  return collected;
}

function compileProjection(leftNode: Node, rightNode: Node): Step {
  const left = compileNode(leftNode);
  const right = compileNode(rightNode);
  return (value, run) => {
    const list = elements(swallow(left(value, run)));
    return list === undefined ? null : project(list, right, run);
  };
}

function compileFilter(leftNode: Node, conditionNode: Node, rightNode: Node): Step {
  const left = compileNode(leftNode);
  const condition = compileNode(conditionNode);
  const right = compileNode(rightNode);
  return (value, run) => {
    const list = elements(forgiving(left, value, run));
    if (list === undefined) return null;
    const kept: Value[] = [];
    for (const item of list) {
      run.spend(1);
      if (!isTruthy(swallow(condition(item, run)))) continue;
      const result = swallow(right(item, run));
      if (result !== null) kept.push(result);
    }
    return kept;
  };
}

function compileValues(leftNode: Node, rightNode: Node): Step {
  const left = compileNode(leftNode);
  const right = compileNode(rightNode);
  return (value, run) => {
    const map = forgiving(left, value, run);
    if (!isMap(map)) return null;
    const keys = Object.keys(map);
    // Go makes the list as long as the object and appends to it: `right` sees as many nulls first.
    return project([...keys.map(() => null), ...keys.map((key) => memberOf(map, key) ?? null)], right, run);
  };
}

function compileFlatten(node: Node): Step {
  const inner = compileNode(node);
  return (value, run) => {
    const list = elements(forgiving(inner, value, run));
    if (list === undefined) return null;
    const flat: Value[] = [];
    for (const item of list) {
      const items = elements(item);
      run.spend(items === undefined ? 1 : items.length + 1);
      if (items === undefined) flat.push(item);
      else for (const each of items) flat.push(each);
    }
    return flat;
  };
}

function compileList(items: readonly Node[]): Step {
  const steps = items.map(compileNode);
  return (value, run) => {
    if (value === null) return null;
    run.spend(steps.length);
    return steps.map((step) => swallow(step(value, run)));
  };
}

function compileHash(entries: readonly { readonly key: string; readonly node: Node }[]): Step {
  const steps = entries.map(({ key, node }) => ({ key, step: compileNode(node) }));
  return (value, run) => {
    if (value === null) return null;
    run.spend(steps.length);
    const map: Record<string, Value> = Object.create(null);
    for (const { key, step } of steps) map[key] = swallow(step(value, run));
    return map;
  };
}

/** All but the last swallow a missing field; `||` does at the end too, `&&` does not. */
function compileLogic(kind: "or" | "and", nodes: readonly Node[]): Step {
  const steps = nodes.map(compileNode);
  const last = steps.length - 1;
  return (value, run) => {
    for (let index = 0; index < last; index++) {
      run.spend(1);
      const result = swallow((steps[index] as Step)(value, run));
      if (isTruthy(result) === (kind === "or")) return result;
    }
    const result = (steps[last] as Step)(value, run);
    return kind === "or" ? swallow(result) : result;
  };
}

function compilePipe(nodes: readonly Node[]): Step {
  const steps = nodes.map(compileNode);
  return (value, run) => {
    let current = value;
    for (const step of steps) {
      run.spend(1);
      current = swallow(step(current, run));
    }
    return current;
  };
}

const orders: Readonly<Record<Exclude<Comparison, "EQ" | "NE">, (left: number, right: number) => boolean>> = {
  LT: (left, right) => left < right,
  LTE: (left, right) => left <= right,
  GT: (left, right) => left > right,
  GTE: (left, right) => left >= right,
};

function compileComparison(operator: Comparison, leftNode: Node, rightNode: Node): Step {
  const left = compileNode(leftNode);
  const right = compileNode(rightNode);
  if (operator === "EQ" || operator === "NE") {
    const wanted = operator === "EQ";
    return (value, run) => {
      const first = swallow(left(value, run));
      return areEqual(first, swallow(right(value, run)), run) === wanted;
    };
  }
  const order = orders[operator];
  return (value, run) => {
    run.spend(1);
    const first = swallow(left(value, run));
    const second = swallow(right(value, run));
    return typeof first === "number" && typeof second === "number" ? order(first, second) : null;
  };
}

function compileCall(name: string, nodes: readonly Node[]): Step {
  const steps = nodes.map(compileNode);
  return (value, run) =>
    callFunction(
      name,
      steps.map((step) => swallow(step(value, run))),
      run,
    );
}

/** The closure of a node. The tree's depth is bounded by the lexer. */
export function compileNode(node: Node): Step {
  switch (node.kind) {
    case "current":
      return (value) => (value instanceof ScopeRoot ? value.whole() : value);
    case "field":
      return compileField(node.name);
    case "literal":
      return () => node.value;
    case "index":
      return compileIndex(node.index);
    case "slice":
      return compileSlice(node);
    case "chain":
      return compileChain(node.nodes);
    case "projection":
      return compileProjection(node.left, node.right);
    case "filter":
      return compileFilter(node.left, node.condition, node.right);
    case "values":
      return compileValues(node.left, node.right);
    case "flatten":
      return compileFlatten(node.node);
    case "list":
      return compileList(node.items);
    case "hash":
      return compileHash(node.entries);
    case "or":
    case "and":
      return compileLogic(node.kind, node.nodes);
    case "pipe":
      return compilePipe(node.nodes);
    case "not": {
      const inner = compileNode(node.node);
      return (value, run) => {
        run.spend(1);
        return !isTruthy(swallow(inner(value, run)));
      };
    }
    case "comparison":
      return compileComparison(node.operator, node.left, node.right);
    case "reference": {
      const reference = new ExpressionReference(compileNode(node.node));
      return (_, run) => {
        run.markUnclean();
        return reference;
      };
    }
    case "call":
      return compileCall(node.name, node.args);
  }
}

/**
 * How many times over one value may stand in the result: the product of the sizes of all lists and objects that the
 * expression makes.
 */
export function fanOut(node: Node): number {
  const product = (nodes: readonly Node[]): number => nodes.reduce((total, each) => total * fanOut(each), 1);
  switch (node.kind) {
    case "chain":
    case "or":
    case "and":
    case "pipe":
      return product(node.nodes);
    case "list":
      return Math.max(1, node.items.length) * product(node.items);
    case "hash":
      return Math.max(1, node.entries.length) * product(node.entries.map((entry) => entry.node));
    case "call":
      return product(node.args);
    case "projection":
    case "values":
    case "comparison":
      return fanOut(node.left) * fanOut(node.right);
    case "filter":
      return fanOut(node.left) * fanOut(node.condition) * fanOut(node.right);
    case "flatten":
    case "not":
    case "reference":
      return fanOut(node.node);
    default:
      return 1;
  }
}
