/** Reading checked arguments, and errors in Kyverno's words. Source: docs/spec/kyverno.md#functions. */
import { EngineError } from "../../errors.ts";
import { formatFloat32 } from "../../jmespath/go-number.ts";
import { fail } from "../../jmespath/functions/signature.ts";
import type { Value } from "../../jmespath/value.ts";

/** A failure of function `name`. @throws EngineError `unresolved` */
export const failIn = (name: string, reason: string): never => fail(`JMESPath function '${name}': ${reason}`);

// The function's signature guarantees the types read here.
export const text = (value: Value | undefined): string => value as string;
export const number = (value: Value | undefined): number => value as number;

/** The 64-bit integer that a double is, or undefined. */
export function integerOf(value: number): bigint | undefined {
  if (!Number.isInteger(value) || value >= 2 ** 63 || value < -(2 ** 63)) return undefined;
  return BigInt(value);
}

/** A string, or a number as Kyverno makes text of one: through a 32-bit float, without an exponent. */
export const textOf = (value: Value | undefined): string =>
  typeof value === "number" ? formatFloat32(value) : text(value);

/**
 * Runs a parser: what it finds malformed in an argument is a failure to evaluate, not a fault of the evidence. What
 * passes a bound keeps its code: no default of an expression takes its place. `name`: the function for the message.
 * @throws EngineError `unresolved`
 */
export function evaluating<Result>(run: () => Result, name?: string): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof EngineError && error.code === "malformed") {
      const message = name === undefined ? error.message : `JMESPath function '${name}': ${error.message}`;
      throw new EngineError("unresolved", message, { subject: error.subject, cause: error });
    }
    throw error;
  }
}
