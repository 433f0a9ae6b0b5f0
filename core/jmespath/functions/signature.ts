/**
 * A function's parameters, and the checks before a call. Source: JMESPath specification (functions);
 * kyverno/go-jmespath (messages).
 */
import { EngineError } from "../../errors.ts";
import { goText } from "../go-text.ts";
import { ownRefusal } from "../run.ts";
import {
  elements,
  type Evaluation,
  ExpressionReference,
  type FunctionTable,
  isList,
  isMap,
  type JmesFunction,
  type ParameterType,
  type Value,
} from "../value.ts";

export type { FunctionTable, JmesFunction };

type Types = ParameterType | readonly ParameterType[];

/** A function of a fixed number of arguments. Types are checked before `call`. */
export const define = (parameters: readonly Types[], call: JmesFunction["call"]): JmesFunction => ({
  parameters: parameters.map((types) => (typeof types === "string" ? [types] : types)),
  variadic: false,
  call,
});

/** A function of at least one argument. */
export const defineVariadic = (call: JmesFunction["call"]): JmesFunction => ({
  parameters: [["any"]],
  variadic: true,
  call,
});

/** A message may quote what a resource holds, which may be as long as a resource. */
const maxMessage = 2000;
const cut = (message: string): string => (message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message);

/** A failure while evaluating. */
export const fail = (message: string): never => {
  throw new EngineError("unresolved", cut(message));
};

/** A failure where Kyverno crashes, or answers: no part of an expression makes null of it. */
export const refuse = (message: string): never => {
  throw new EngineError("unresolved", cut(message), { cause: ownRefusal });
};

const isOfType = (value: Value, type: ParameterType): boolean => {
  switch (type) {
    case "any":
      return true;
    case "number":
    case "string":
      return typeof value === type;
    case "array":
      return elements(value) !== undefined;
    case "object":
      return isMap(value);
    case "array[number]":
      return isList(value) && value.every((item) => typeof item === "number");
    case "array[string]":
      return isList(value) && value.every((item) => typeof item === "string");
    case "expref":
      return value instanceof ExpressionReference;
  }
};

/**
 * What reading an argument costs: a text by its length, a list whose elements are looked at by their number and their
 * texts. Functions that read a list or an object of any kind charge it themselves.
 */
function chargeArgument(value: Value, types: readonly ParameterType[], run: Evaluation): void {
  if (typeof value === "string") run.spendText(value.length);
  else if (isList(value) && types.some((type) => type === "array[string]" || type === "array[number]")) {
    run.spend(value.length);
    for (const item of value) if (typeof item === "string") run.spendText(item.length);
  }
}

/**
 * @throws EngineError `unresolved` on a wrong number or type of arguments; `over-budget` where they are too much to
 * read.
 */
export function callFunction(name: string, args: readonly Value[], run: Evaluation): Value {
  const entry = run.functions.get(name) ?? fail(`unknown function: ${name}`);
  const { parameters } = entry;
  run.spend(1);
  if (entry.variadic) {
    if (args.length < parameters.length) fail("Invalid arity.");
    for (const value of args) chargeArgument(value, [], run);
  } else if (parameters.length > 0) {
    if (args.length !== parameters.length) fail("incorrect number of args");
    for (let index = 0; index < parameters.length; index++) {
      const types = parameters[index] ?? [];
      const value = args[index] ?? null;
      chargeArgument(value, types, run);
      if (!types.some((type) => isOfType(value, type)))
        fail(
          `Invalid type for: ${goText(value, 1000)}, expected: ` +
            `[]jmespath.JpType{${types.map((type) => `"${type}"`).join(", ")}}`,
        );
    }
  }
  const result = entry.call(args, run);
  if (typeof result === "string") run.spendText(result.length);
  else if (
    typeof result === "number"
      ? !Number.isFinite(result)
      : typeof result === "object" && result !== null && !isList(result) && !isMap(result)
  )
    run.markUnclean();
  return result;
}
