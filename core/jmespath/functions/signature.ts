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

/** A failure while evaluating. */
export const fail = (message: string): never => {
  throw new EngineError("unresolved", message);
};

/** A failure where Kyverno crashes, or answers: no part of an expression makes null of it. */
export const refuse = (message: string): never => {
  throw new EngineError("unresolved", message, { cause: ownRefusal });
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

/** @throws EngineError `unresolved` on a wrong number or type of arguments. */
export function callFunction(name: string, args: readonly Value[], run: Evaluation): Value {
  const entry = run.functions.get(name) ?? fail(`unknown function: ${name}`);
  const { parameters } = entry;
  run.spend(1);
  if (entry.variadic) {
    if (args.length < parameters.length) fail("Invalid arity.");
  } else if (parameters.length > 0) {
    if (args.length !== parameters.length) fail("incorrect number of args");
    for (let index = 0; index < parameters.length; index++) {
      const types = parameters[index] ?? [];
      const value = args[index] ?? null;
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
