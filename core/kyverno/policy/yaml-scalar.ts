/**
 * What a plain scalar stands for, as Kubernetes reads YAML: YAML 1.1 words, Go's integer forms, then JSON.
 * Source: sigs.k8s.io/yaml (its goyaml.v2, resolve.go), Go's strconv and encoding/json.
 */
import { EngineError } from "../../errors.ts";
import { formatFloat32General } from "../../jmespath/go-number.ts";

export type ScalarValue = null | boolean | number | bigint | string;

/** `word`, `Word`, `WORD`. */
const spellings = (word: string): readonly string[] => [
  word,
  word.charAt(0).toUpperCase() + word.slice(1),
  word.toUpperCase(),
];

const meaning = (words: readonly string[], value: null | boolean) =>
  words.flatMap(spellings).map((form): readonly [string, null | boolean] => [form, value]);

const words: ReadonlyMap<string, null | boolean> = new Map([
  ...meaning(["y", "yes", "true", "on"], true),
  ...meaning(["n", "no", "false", "off"], false),
  ...meaning(["", "~", "null"], null),
]);

const notFinite = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
const integer = /^([-+]?)(?:(0[xX])([0-9a-fA-F]+)|(0[bB])([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
/** Digits of the longest integer of 64 bits, in binary. */
const longestInteger = 64;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

const underscores = /^\.(?:[0-9]_(?=[0-9])|[^_])*$/;

const minInteger = -(2n ** 63n);
const maxInteger = 2n ** 63n - 1n;

function integerOf(text: string): bigint | undefined {
  const match = integer.exec(text);
  if (match === null) return undefined;
  const [, sign, hexadecimal, hexDigits, binary, bits, octal, decimal = ""] = match;
  const digits = (hexDigits ?? bits ?? octal ?? decimal).replace(/^0+(?=.)/, "");
  // Longer ones are no integers for Go, and reading them as such is not linear in their length.
  if (digits.length > longestInteger) return undefined;
  const size = BigInt(`${hexadecimal ?? binary ?? (octal === undefined ? "" : "0o")}${digits}`);
  return sign === "-" ? -size : size;
}

/**
 * The number as it arrives after Go has written it as JSON: integers of 64 bits stay exact, whatever way they were
 * written, all others are doubles.
 */
function throughJson(value: number): number | bigint {
  if (!Number.isInteger(value) || Math.abs(value) >= 1e21) return value;
  const exact = BigInt(Number.isSafeInteger(value) ? value : String(value));
  return exact < minInteger || exact > maxInteger ? value : exact;
}

function numberOf(text: string): number | bigint | undefined {
  // Go's ParseFloat, which alone reads what begins with a point, takes underscores between digits only.
  if (text.startsWith(".") && !underscores.test(text)) return undefined;
  const plain = text.replaceAll("_", "");
  const exact = integerOf(plain);
  if (exact !== undefined && exact >= minInteger && exact <= maxInteger) return exact;
  if (exact !== undefined && exact <= 2n ** 64n - 1n && exact > 0n) return Number(exact);
  if (!float.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * The value of a plain (unquoted, untagged) scalar.
 * @throws EngineError `malformed` on infinities and NaN, which JSON does not have.
 */
export function resolvePlain(text: string): ScalarValue {
  const value = resolveWritten(text);
  return typeof value === "number" ? throughJson(value) : value;
}

/** The same with integers as `bigint` only where they are written as integers. */
function resolveWritten(text: string): ScalarValue {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const numeric = (first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46;
  if (!numeric) return text;
  if (notFinite.test(text))
    throw new EngineError("malformed", `${text} is not a number that JSON has; quote it if a string is meant`, {
      subject: text,
    });
  return numberOf(text) ?? text;
}

const tagOf = (value: ScalarValue, text: string): readonly string[] => {
  if (value === null) return ["null"];
  if (typeof value === "boolean") return ["bool"];
  if (typeof value === "string") return ["timestamp"];
  return integerOf(text.replaceAll("_", "")) === undefined ? ["float"] : ["int", "float"];
};

/**
 * The value of a scalar with an explicit tag of YAML's own, such as `!!int`.
 * @throws EngineError `malformed` when the text is no such value, or the tag is of another kind.
 */
export function resolveTagged(text: string, tag: string): ScalarValue {
  if (tag === "!!str") return text;
  const value = resolvePlain(text);
  if (tag.startsWith("!!") && tagOf(value, text).includes(tag.slice(2)))
    return tag === "!!float" ? throughJson(Number(value)) : value;
  throw new EngineError("malformed", `the tag ${tag} does not fit ${JSON.stringify(text.slice(0, 60))}`, {
    subject: tag,
  });
}

/**
 * A plain scalar as the key of a JSON object; a fraction is written as a 32-bit float.
 * @throws EngineError `malformed` on null, and on what is infinite as one, or minus zero.
 */
export function plainKey(text: string): { readonly name: string; readonly isText: boolean } {
  const value = resolveWritten(text);
  if (value === null) throw new EngineError("malformed", "a key is null; quote it if a string is meant");
  // Zero and minus zero are one key for Go and two texts.
  if (typeof value === "number" && (!Number.isFinite(Math.fround(value)) || Object.is(value, -0)))
    throw new EngineError("malformed", `a key is the number ${text.slice(0, 60)}; quote it if a string is meant`);
  const name = typeof value === "number" ? formatFloat32General(value) : String(value);
  return { name, isText: typeof value === "string" };
}
