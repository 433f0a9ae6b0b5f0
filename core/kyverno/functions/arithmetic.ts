/** Arithmetic on numbers, quantities and durations. Source: docs/spec/kyverno.md#functions. */
import { define, type JmesFunction } from "../../jmespath/functions/signature.ts";
import { formatFloat } from "../../jmespath/go-number.ts";
import { isList, type Value } from "../../jmespath/value.ts";
import { durationOf, durationSeconds, formatDuration, parseDuration } from "../quantity/duration.ts";
import {
  addQuantities,
  divideQuantities,
  formatQuantity,
  integerQuantity,
  multiplyQuantities,
  parseQuantity,
  type Quantity,
  quantityToNumber,
  subtractQuantities,
} from "../quantity/quantity.ts";
import { evaluating, failIn, integerOf, number } from "./arguments.ts";

type Operand =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "quantity"; readonly value: Quantity }
  | { readonly kind: "duration"; readonly value: bigint };

/** A text is a quantity if it can be one, so `90m` is 0.09 and not an hour and a half. */
function operand(name: string, value: Value | undefined): Operand {
  if (typeof value === "number") return { kind: "number", value };
  if (typeof value === "string") {
    const quantity = evaluating(() => parseQuantity(value));
    if (quantity !== undefined) return { kind: "quantity", value: quantity };
    const duration = parseDuration(value);
    if (duration !== undefined) return { kind: "duration", value: duration };
  }
  return failIn(name, "invalid operand");
}

const mismatch = (name: string): never => failIn(name, "Types mismatch");
const zeroDivisor = (name: string): never => failIn(name, "Zero divisor passed");

/** Durations are 64 bits wide and wrap. */
const duration = (nanoseconds: bigint): string => formatDuration(BigInt.asIntN(64, nanoseconds));
const quantity = (value: Quantity): string => formatQuantity(value);

/** A number as a quantity, by way of its text. */
const asQuantity = (name: string, value: number): Quantity =>
  evaluating(() => parseQuantity(formatFloat(value))) ?? failIn(name, "invalid operand");

function add(name: string, left: Operand, right: Operand): Value {
  if (left.kind === "number" && right.kind === "number") return left.value + right.value;
  if (left.kind === "quantity" && right.kind === "quantity") return quantity(addQuantities(left.value, right.value));
  if (left.kind === "duration" && right.kind === "duration") return duration(left.value + right.value);
  return mismatch(name);
}

function subtract(name: string, left: Operand, right: Operand): Value {
  if (left.kind === "number" && right.kind === "number") return left.value - right.value;
  if (left.kind === "quantity" && right.kind === "quantity")
    return quantity(subtractQuantities(left.value, right.value));
  if (left.kind === "duration" && right.kind === "duration") return duration(left.value - right.value);
  return mismatch(name);
}

/** Seconds as a double, times or by a number, and back: what a duration does with a number. */
const scaled = (seconds: number): string => formatDuration(durationOf(seconds * 1e9));

function multiply(name: string, left: Operand, right: Operand): Value {
  if (left.kind === "number" && right.kind !== "number") return multiply(name, right, left);
  if (right.kind !== "number") return mismatch(name);
  if (left.kind === "number") return left.value * right.value;
  if (left.kind === "quantity") return quantity(multiplyQuantities(left.value, asQuantity(name, right.value)));
  return scaled(durationSeconds(left.value) * right.value);
}

function divide(name: string, left: Operand, right: Operand): Value {
  if (left.kind === "quantity" && right.kind === "quantity") {
    if (right.value.unscaled === 0n) return zeroDivisor(name);
    return quantityToNumber(left.value) / quantityToNumber(right.value);
  }
  if (left.kind === "duration" && right.kind === "duration")
    return right.value === 0n ? zeroDivisor(name) : durationSeconds(left.value) / durationSeconds(right.value);
  if (right.kind !== "number") return mismatch(name);
  if (right.value === 0) return zeroDivisor(name);
  if (left.kind === "number") return left.value / right.value;
  if (left.kind === "quantity") return quantity(divideQuantities(left.value, asQuantity(name, right.value)));
  return scaled(durationSeconds(left.value) / right.value);
}

/** The remainder of two numbers that are integers. */
function remainder(name: string, left: number, right: number): bigint {
  const dividend = integerOf(left);
  const divisor = integerOf(right);
  if (dividend === undefined || divisor === undefined) return failIn(name, "Non-integer argument(s) passed for modulo");
  return divisor === 0n ? zeroDivisor(name) : dividend % divisor;
}

function modulo(name: string, left: Operand, right: Operand): Value {
  if (left.kind === "number" && right.kind === "number") return Number(remainder(name, left.value, right.value));
  if (left.kind === "quantity" && right.kind === "quantity") {
    return quantity(
      integerQuantity(remainder(name, quantityToNumber(left.value), quantityToNumber(right.value)), left.value.format),
    );
  }
  if (left.kind === "duration" && right.kind === "duration")
    return right.value === 0n ? zeroDivisor(name) : duration(left.value % right.value);
  return mismatch(name);
}

/** Go's math.Pow(10, n) for n ≥ 0: repeated squaring of a mantissa, which is not always the nearest double. */
function powerOfTen(exponent: number): number {
  let power = 1;
  let binary = 0;
  let base = 10 / 16;
  let baseBinary = 4;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (baseBinary > 4096) return Number.POSITIVE_INFINITY;
    if (rest % 2 === 1) {
      power *= base;
      binary += baseBinary;
    }
    base *= base;
    baseBinary *= 2;
    if (base < 0.5) {
      base += base;
      baseBinary--;
    }
  }
  // Two steps, because 2 to the power of more than 1023 is no double though the product may be one.
  return power * 2 ** Math.min(binary, 1023) * 2 ** Math.max(0, binary - 1023);
}

/** Half away from zero. */
const nearestInteger = (value: number): number => {
  const whole = Math.trunc(value);
  const rounded = Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
  return rounded === 0 && (value < 0 || Object.is(value, -0)) ? -0 : rounded;
};

function round(value: number, digits: number): number {
  if (integerOf(digits) === undefined) failIn("round", "Non-integer argument(s) passed for round off");
  if (digits < 0) failIn("round", "argument is out of bounds");
  const shift = powerOfTen(digits);
  return nearestInteger(value * shift) / shift;
}

function sum(values: Value): Value {
  if (!isList(values)) return failIn("sum", "a list of objects made by items() cannot be summed up");
  const [first, ...rest] = values;
  if (first === undefined) return failIn("sum", "at least one element in the array is required");
  return rest.reduce<Value>((total, value) => add("sum", operand("sum", total), operand("sum", value)), first);
}

const binary = (
  name: string,
  call: (name: string, left: Operand, right: Operand) => Value,
): readonly [string, JmesFunction] => [
  name,
  define(["any", "any"], ([left, right]) => call(name, operand(name, left), operand(name, right))),
];

export const arithmeticFunctions: readonly (readonly [string, JmesFunction])[] = [
  binary("add", add),
  binary("subtract", subtract),
  binary("multiply", multiply),
  binary("divide", divide),
  binary("modulo", modulo),
  ["round", define(["number", "number"], ([value, digits]) => round(number(value), number(digits)))],
  [
    "sum",
    define(["array"], ([values = null], run) => {
      run.spend(isList(values) ? values.length : 1);
      return sum(values);
    }),
  ],
];
