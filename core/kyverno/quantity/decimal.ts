/** Exact decimal numbers, as quantities need them: an integer and how many of its digits are fractional. */

/** `unscaled` × 10^−`scale`; a negative scale means trailing zeros. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** 10 to the power of `exponent`, which callers keep small (see the bounds of quantity.ts). */
export const powerOfTen = (exponent: number): bigint => 10n ** BigInt(exponent);

/** The unscaled value of `value` at a scale that is not smaller than its own. */
const unscaledAt = (value: Decimal, scale: number): bigint => value.unscaled * powerOfTen(scale - value.scale);

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return { unscaled: unscaledAt(left, scale) + unscaledAt(right, scale), scale };
}

export const negateDecimal = (value: Decimal): Decimal => ({ unscaled: -value.unscaled, scale: value.scale });

export const multiplyDecimals = (left: Decimal, right: Decimal): Decimal => ({
  unscaled: left.unscaled * right.unscaled,
  scale: left.scale + right.scale,
});

/** The quotient cut off (towards zero) after `scale` fractional digits. `right` is not zero. */
export function divideDecimals(left: Decimal, right: Decimal, scale: number): Decimal {
  const shift = scale - left.scale + right.scale;
  const dividend = shift > 0 ? left.unscaled * powerOfTen(shift) : left.unscaled;
  const divisor = shift < 0 ? right.unscaled * powerOfTen(-shift) : right.unscaled;
  return { unscaled: dividend / divisor, scale };
}

/** At exactly `scale` fractional digits, rounded away from zero. */
export function roundAway(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return { unscaled: unscaledAt(value, scale), scale };
  const divisor = powerOfTen(value.scale - scale);
  const quotient = value.unscaled / divisor;
  if (quotient * divisor === value.unscaled) return { unscaled: quotient, scale };
  return { unscaled: quotient + (value.unscaled < 0n ? -1n : 1n), scale };
}

/** −1, 0 or 1. */
export function compareDecimals(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const scale = Math.max(left.scale, right.scale);
  const difference = unscaledAt(left, scale) - unscaledAt(right, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The value as an integer, or undefined where it has a fractional part. */
export function toInteger(value: Decimal): bigint | undefined {
  if (value.scale <= 0) return value.unscaled * powerOfTen(-value.scale);
  const divisor = powerOfTen(value.scale);
  return value.unscaled % divisor === 0n ? value.unscaled / divisor : undefined;
}

/** `value` without its factors of `base`, and how many there were. `value` is not zero. */
export function removeFactors(value: bigint, base: bigint): { readonly value: bigint; readonly times: number } {
  let times = 0;
  let rest = value;
  while (rest % base === 0n) {
    rest /= base;
    times++;
  }
  return { value: rest, times };
}
