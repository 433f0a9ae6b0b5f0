/**
 * Plain YAML scalars by YAML 1.1 as Go's yaml.v2 resolves them: `y` is true, `017` is 15, `1:30` and dates are text.
 * Source: go.yaml.in/yaml/v2.
 */
import { fail } from "../../jmespath/functions/signature.ts";
import { parseGoFloat } from "../../jmespath/go-number.ts";

export type Scalar = null | boolean | number | string;

const words: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const bases: readonly (readonly [RegExp, string])[] = [
  [/^0[xX]([0-9a-fA-F]+)$/, "0x"],
  [/^0[bB]([01]+)$/, "0b"],
  [/^0[oO]([0-7]+)$/, "0o"],
  [/^0([0-7]+)$/, "0o"],
  [/^([1-9][0-9]*|0)$/, ""],
];

/** An integer of 64 bits, signed or not, in any of Go's bases; undefined for any other text. */
function parseInteger(text: string): bigint | undefined {
  const sign = text.startsWith("-") ? "-" : text.startsWith("+") ? "+" : "";
  const digits = text.slice(sign.length);
  if (digits.length > 100) return undefined;
  for (const [pattern, prefix] of bases) {
    const match = pattern.exec(digits);
    if (match === null) continue;
    const magnitude = BigInt(prefix + (match[1] ?? "0"));
    const value = sign === "-" ? -magnitude : magnitude;
    // A sign keeps Go from reading an unsigned number.
    return value < -(2n ** 63n) || value >= (sign === "" ? 2n ** 64n : 2n ** 63n) ? undefined : value;
  }
  return undefined;
}

/** The value of a plain scalar. Integers come as `bigint`, so that a caller sees which of `1` and `1.0` it was. */
export function resolvePlain(text: string): Exclude<Scalar, never> | bigint {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  if (first === 46) return parseGoFloat(text) ?? text;
  if (first !== 43 && first !== 45 && (first < 48 || first > 57)) return text;
  const digits = text.replaceAll("_", "");
  const integer = parseInteger(digits);
  if (integer !== undefined) return integer;
  return float.test(digits) ? (parseGoFloat(digits) ?? text) : text;
}

/** The value of a scalar with one of YAML's own tags, written out or in short. */
export function resolveTagged(tag: string, text: string): Scalar | bigint {
  const value = resolvePlain(text);
  const kind =
    value === null
      ? "null"
      : typeof value === "bigint"
        ? "int"
        : typeof value === "number"
          ? "float"
          : typeof value === "boolean"
            ? "bool"
            : "str";
  if (tag === "float" && typeof value === "bigint") return Number(value);
  if (tag === "timestamp" || tag === kind) return tag === "timestamp" ? text : value;
  return fail(`yaml: cannot decode !!${kind} ${JSON.stringify(text)} as a !!${tag}`);
}
