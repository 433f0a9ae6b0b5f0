/** Kubernetes quantities: `500m`, `1.5Gi`, `12e6`. Source: Kubernetes apimachinery (resource.Quantity). */
import { EngineError } from "../../errors.ts";
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  divideDecimals,
  multiplyDecimals,
  negateDecimal,
  powerOfTen,
  removeFactors,
  roundAway,
  toInteger,
} from "./decimal.ts";

/** How a quantity is written: with powers of ten by letter, powers of 1024, or an exponent. */
export type QuantityFormat = "decimal" | "binary" | "exponent";

export interface Quantity extends Decimal {
  readonly format: QuantityFormat;
}

const decimalSuffixes: ReadonlyMap<string, number> = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const binarySuffixes: ReadonlyMap<string, number> = new Map([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
]);
const letterOfExponent: ReadonlyMap<number, string> = new Map(
  [...decimalSuffixes].map(([letter, exponent]) => [exponent, letter]),
);
const letterOfPower: ReadonlyMap<number, string> = new Map(
  [...binarySuffixes].map(([letters, power]) => [power, letters]),
);

/** No digit is left for the part behind it, so that no text is tried in more than one way. */
const grammar = /^([+-]?)(0*)(?!0)([0-9]*)(?![0-9])(?:(\.)([0-9]*)(?![0-9]))?([eEinumkKMGTP]*[+-]?[0-9]*)$/;
const nanoScale = 9;
const largestBinary: Decimal = { unscaled: 2n ** 63n - 1n, scale: 0 };
const one: Decimal = { unscaled: 1n, scale: 0 };

/** Far beyond any quantity in use; past it a text costs more to compare than it is worth. */
const maxDigits = 1000;
const maxExponent = 1000;

interface Suffix {
  readonly format: QuantityFormat;
  readonly exponent: number;
}

function readSuffix(text: string): Suffix | undefined {
  const decimal = decimalSuffixes.get(text);
  if (decimal !== undefined) return { format: "decimal", exponent: decimal };
  const binary = binarySuffixes.get(text);
  if (binary !== undefined) return { format: "binary", exponent: binary };
  if (!/^[eE][+-]?[0-9]+$/.test(text)) return undefined;
  const exponent = Number(text.slice(1));
  if (Math.abs(exponent) > maxExponent)
    throw new EngineError("over-limit", `quantity with an exponent beyond ${maxExponent}`);
  return { format: "exponent", exponent };
}

/**
 * True where apimachinery computes in 64 bits, which is also where it accepts a missing number (`Mi` is 0, `Ei` is not
 * a quantity).
 */
function fitsInteger(suffix: Suffix, digits: number, fraction: number): boolean {
  if (suffix.format !== "binary") return digits + fraction <= 18 && suffix.exponent - fraction >= -nanoScale;
  return fraction === 0 && 15 - digits - Math.trunc((suffix.exponent * 3) / 10) - 1 >= 0;
}

/**
 * The quantity in `text`, or undefined if there is none.
 * @throws EngineError `over-limit` on a quantity of more than a thousand digits or with an exponent beyond a thousand.
 */
export function parseQuantity(text: string): Quantity | undefined {
  const first = text.charCodeAt(0);
  // Most texts that are asked about begin with a letter; only n u m k K M G T P E e i may begin a quantity without a
  // number.
  if (Number.isNaN(first) || (first > 57 && !"eEinumkKMGTP".includes(text.charAt(0)))) return undefined;
  const match = grammar.exec(text);
  if (match === null) return undefined;
  const [, sign = "", zeros = "", significant = "", point = "", fraction = "", suffixText = ""] = match;
  if (suffixText === "" && significant === "" && point === "")
    return text === "" ? undefined : { unscaled: 0n, scale: 0, format: "decimal" };
  const suffix = readSuffix(suffixText);
  if (suffix === undefined) return undefined;
  const digits = significant === "" ? "0" : significant;
  if (digits.length + fraction.length > maxDigits)
    throw new EngineError("over-limit", `quantity of more than ${maxDigits} digits`);
  const magnitude = BigInt(digits + fraction);
  const { format, exponent } = suffix;
  const factor = format === "binary" ? 2n ** BigInt(exponent) : 1n;
  const shift = format === "binary" ? 0 : exponent;
  const signed = (value: Decimal): Decimal => (sign === "-" ? negateDecimal(value) : value);
  if (fitsInteger(suffix, digits.length, fraction.length) && magnitude * factor < 2n ** 63n) {
    return { ...signed({ unscaled: magnitude * factor, scale: fraction.length - shift }), format };
  }
  if (zeros === "" && significant === "" && fraction === "") return undefined;
  let value: Decimal = { unscaled: magnitude * factor, scale: fraction.length - shift };
  // A value below one nano counts as one nano, so that a small request never becomes none.
  if (magnitude !== 0n) value = roundAway(value, nanoScale);
  if (format === "binary" && compareDecimals(value, largestBinary) > 0) value = largestBinary;
  const small = format === "binary" && value.unscaled > 0n && compareDecimals(value, one) < 0;
  return { ...signed(value), format: small ? "decimal" : format };
}

/** −1, 0 or 1. */
export const compareQuantity = (left: Quantity, right: Quantity): -1 | 0 | 1 => compareDecimals(left, right);

/** The sum in the format of `left`, or of `right` where `left` is zero. */
export const addQuantities = (left: Quantity, right: Quantity): Quantity => ({
  ...addDecimals(left, right),
  format: left.unscaled === 0n ? right.format : left.format,
});

/** The difference in the format of `left`, or of `right` where `left` is zero. */
export const subtractQuantities = (left: Quantity, right: Quantity): Quantity => ({
  ...addDecimals(left, negateDecimal(right)),
  format: left.unscaled === 0n ? right.format : left.format,
});

/** The product in the format of `left`. */
export const multiplyQuantities = (left: Quantity, right: Quantity): Quantity => ({
  ...multiplyDecimals(left, right),
  format: left.format,
});

/**
 * The quotient in the format of `left`, cut off after as many fractional digits as the finer of both has. `right` is
 * not zero.
 */
export const divideQuantities = (left: Quantity, right: Quantity): Quantity => ({
  ...divideDecimals(left, right, Math.max(left.scale, right.scale)),
  format: left.format,
});

/** An integer as a quantity. */
export const integerQuantity = (value: bigint, format: QuantityFormat): Quantity => ({
  unscaled: value,
  scale: 0,
  format,
});

/** Go's math.Pow10: a product or quotient of two table entries, hence not always the nearest double. */
function floatPowerOfTen(exponent: number): number {
  if (exponent < -323) return 0;
  if (exponent > 308) return Number.POSITIVE_INFINITY;
  const distance = Math.abs(exponent);
  const fine = distance % 32;
  return exponent >= 0
    ? Number(`1e${distance - fine}`) * Number(`1e${fine}`)
    : Number(`1e-${distance - fine}`) / Number(`1e${fine}`);
}

/** About the double that the quantity is, rounded twice as apimachinery's AsApproximateFloat64 does it. */
export const quantityToNumber = (quantity: Quantity): number =>
  Number(quantity.unscaled) * (quantity.scale === 0 ? 1 : floatPowerOfTen(-quantity.scale));

/**
 * Canonical text: no fraction, the largest suffix that keeps the value exact. Beyond the suffixes (above E, below n)
 * the letter is lost, as in apimachinery.
 */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.unscaled === 0n) return "0";
  if (quantity.format === "binary") {
    const whole = toInteger(quantity);
    if (whole !== undefined && (whole <= -1024n || whole >= 1024n)) {
      const { value, times } = removeFactors(whole, 1024n);
      return `${value}${letterOfPower.get(times * 10) ?? ""}`;
    }
  }
  const { value, times } = removeFactors(quantity.unscaled, 10n);
  const exponent = times - quantity.scale;
  const extra = ((exponent % 3) + 3) % 3;
  const number = value * powerOfTen(extra);
  const rest = exponent - extra;
  if (quantity.format === "exponent") return rest === 0 ? `${number}` : `${number}e${rest}`;
  return `${number}${letterOfExponent.get(rest) ?? ""}`;
}
