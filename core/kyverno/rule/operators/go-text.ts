/** Values and numbers as Go writes and reads them: `fmt.Sprint` and `strconv.ParseFloat`. Source: kyverno.md sections 6.3 and 16 (row 3). */
import type { PolicyMap, PolicyValue } from "../../policy/policy.ts";

/** A double in Go's `%v`: the shortest digits, in exponent form below 1e-04 and from 1e+06 on. */
export function goNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  // Go reads the -0.0 of a document as the integer 0.
  if (value === 0) return "0";
  const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  // Between those bounds JavaScript writes no exponent either.
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

const isMap = (value: PolicyValue): value is PolicyMap => typeof value === "object" && value !== null && !Array.isArray(value);

/** A value in Go's default format: `true`, `5`, `1e+06`, `map[a:1 b:x]`, `[1 2]`, `<nil>`. */
export function goText(value: PolicyValue): string {
  if (value === null) return "<nil>";
  if (typeof value === "string") return value;
  if (typeof value === "number") return goNumber(value);
  if (Array.isArray(value)) return `[${(value as readonly PolicyValue[]).map(goText).join(" ")}]`;
  if (isMap(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${goText(value[key] ?? null)}`).join(" ")}]`;
  }
  return String(value);
}

const decimal = /^[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?$/;
const hexadecimal = /^([+-]?)0[xX]_?([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?\d+)$/;
const strayUnderscore = /_(?![0-9a-fA-F])|(?<![0-9a-fA-FxX])_/;
const word = /^([+-]?)(?:(inf|infinity)|nan)$/i;

/** A number as `strconv.ParseFloat` reads it; `undefined` when it is none or does not fit a double. */
export function parseGoFloat(text: string): number | undefined {
  const special = word.exec(text);
  if (special !== null) {
    if (special[2] !== undefined) return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    return special[1] === "" ? Number.NaN : undefined;
  }
  if (strayUnderscore.test(text)) return undefined;
  const value = decimal.test(text) ? Number(text.replaceAll("_", "")) : parseHexadecimal(text);
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

function parseHexadecimal(text: string): number | undefined {
  const match = hexadecimal.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = `${whole}${fraction}`.replaceAll("_", "");
  if (digits === "" || digits.length > 256 || exponent.length > 6) return undefined;
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - 4 * fraction.replaceAll("_", "").length);
  return sign === "-" ? -value : value;
}
