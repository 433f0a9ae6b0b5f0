/**
 * Numbers as Go reads and writes them: strconv.ParseFloat, FormatFloat, fmt's %v and encoding/json. Source: Go's
 * strconv package, Go's fmt package, Go's encoding/json package.
 */

interface Digits {
  readonly negative: boolean;
  /** Significant decimal digits without leading or trailing zeros (but `0`). */
  readonly digits: string;
  /** Power of ten of the first digit. */
  readonly exponent: number;
}

function split(scientific: string): Digits {
  const negative = scientific.startsWith("-");
  const [mantissa = "0", exponent = "0"] = (negative ? scientific.slice(1) : scientific).split("e");
  return { negative, digits: mantissa.replace(".", "").replace(/0+$/, "") || "0", exponent: Number(exponent) };
}

const notFinite = (value: number): string | undefined =>
  Number.isNaN(value)
    ? "NaN"
    : value === Number.POSITIVE_INFINITY
      ? "+Inf"
      : value === Number.NEGATIVE_INFINITY
        ? "-Inf"
        : undefined;

/** The shortest digits that give back `value` as a 32-bit float. */
function shortest32(value: number): Digits {
  const single = Math.fround(value);
  for (let precision = 0; precision < 9; precision++) {
    const text = single.toExponential(precision);
    if (Math.fround(Number(text)) === single) return split(text);
  }
  return split(single.toExponential(9));
}

const sign = (value: number): string => (value < 0 || Object.is(value, -0) ? "-" : "");

/** Digits without an exponent, Go's format `f`. */
function positional({ digits, exponent }: Digits): string {
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits + "0".repeat(exponent + 1 - digits.length);
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** Go's format `g` with the fewest digits: an exponent below 1e-04 and from 1e+06 on. */
function general(parts: Digits): string {
  const { digits, exponent } = parts;
  if (exponent >= -4 && exponent < 6) return positional(parts);
  const mantissa = digits.length === 1 ? digits : `${digits.charAt(0)}.${digits.slice(1)}`;
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** A double in `%v`: `1e+06`, `0.1`, `+Inf`. */
export const formatFloat = (value: number): string =>
  notFinite(value) ?? sign(value) + general(split(Math.abs(value).toExponential()));

/** A double as a 32-bit float without an exponent: 16777217 is `16777216`. */
export const formatFloat32 = (value: number): string =>
  notFinite(Math.fround(value)) ?? sign(value) + positional(shortest32(Math.abs(value)));

/** A double as a 32-bit float in format `g`. */
export const formatFloat32General = (value: number): string =>
  notFinite(Math.fround(value)) ?? sign(value) + general(shortest32(Math.abs(value)));

/** A double as encoding/json writes it, which is how ECMAScript does but for the sign of zero. */
export const formatJsonNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

const decimal = /^[+-]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?$/;
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9]+)$/;
const word = /^([+-]?)(inf(?:inity)?|nan)$/i;

/** Underscores stand between digits, or after the prefix `0x`. */
const underscoresFit = (text: string): boolean =>
  !text.includes("_") || !/_(?![0-9a-fA-F])|(?<![0-9a-fA-FxX])_/.test(text);

function parseHexadecimal(text: string): number | undefined {
  const match = hexadecimal.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", power = "0"] = match;
  const tail = fraction.replaceAll("_", "");
  const digits = whole.replaceAll("_", "") + tail;
  if (digits === "" || digits.length > 256 || power.length > 8) return undefined;
  const exponent = Number(power) - 4 * tail.length;
  const mantissa = BigInt(`0x${digits}`);
  if (mantissa === 0n) return sign === "-" ? -0 : 0;
  const value = scaleByPowerOfTwo(mantissa, exponent);
  return sign === "-" ? -value : value;
}

/** The double nearest to `mantissa` × 2^`exponent`; ties go to even. */
function scaleByPowerOfTwo(mantissa: bigint, exponent: number): number {
  const bits = mantissa.toString(2).length;
  const top = bits + exponent;
  if (top > 1025) return Number.POSITIVE_INFINITY;
  if (top < -1080) return 0;
  // Two bits more than a double holds here, and whether anything is below them: that decides the one rounding.
  const drop = bits - (Math.min(53, top + 1074) + 2);
  if (drop <= 0) return Number(mantissa) * 2 ** Math.max(exponent, -1022) * 2 ** Math.min(0, exponent + 1022);
  const high = mantissa >> BigInt(drop);
  const tail = ((high & 3n) << 1n) | (high << BigInt(drop) === mantissa ? 0n : 1n);
  const whole = high >> 2n;
  const rounded = tail > 4n || (tail === 4n && (whole & 1n) === 1n) ? whole + 1n : whole;
  const power = exponent + drop + 2;
  return Number(rounded) * 2 ** Math.max(power, -1022) * 2 ** Math.min(0, power + 1022);
}

/**
 * A number as strconv.ParseFloat reads it: underscores, hexadecimal floats, `Inf` and `NaN` included. Undefined if
 * the text is not a number, or one that is too large.
 */
export function parseGoFloat(text: string): number | undefined {
  const special = word.exec(text);
  if (special !== null) {
    const [, prefix, name = ""] = special;
    if (name.toLowerCase() === "nan") return prefix === "" ? Number.NaN : undefined;
    return prefix === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!underscoresFit(text)) return undefined;
  const hexadecimalForm = /^[+-]?0[xX]/.test(text);
  // Outside hexadecimal an underscore needs digits on both sides, which the pattern above cannot tell from an
  // exponent's letter.
  if (!hexadecimalForm && /_[eE]|[eE]_/.test(text)) return undefined;
  const value = hexadecimalForm
    ? parseHexadecimal(text)
    : decimal.test(text)
      ? Number(text.replaceAll("_", ""))
      : undefined;
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}
