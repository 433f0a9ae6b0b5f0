/**
 * Values as Go writes them: fmt's %v, and encoding/json. Both the expressions' values and those of policies are written
 * here. Source: Go's fmt package, Go's encoding/json package; docs/spec/kyverno.md#membership.
 */
import { loneSurrogates } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { formatFloat, formatJsonNumber } from "./go-number.ts";
import { compareText, GoInteger, ObjectList, Special, type Value } from "./value.ts";

/** A value of an expression or of a policy, whose integers are `bigint`. */
export type GoValue = Value | bigint | readonly GoValue[] | { readonly [key: string]: GoValue };

/** A value in `%v`: `map[a:1 b:[x <nil>]]`. A text for a message is cut after about `limit` characters. */
export function goText(value: GoValue, limit = Number.POSITIVE_INFINITY): string {
  let left = limit;
  const write = (item: GoValue): string => {
    if (left < 0) return "…";
    let text: string;
    if (item === null) text = "<nil>";
    else if (typeof item === "string") text = item.length > limit ? `${item.slice(0, limit)}…` : item;
    // Go reads the -0.0 of a document as the integer 0.
    else if (typeof item === "number") text = item === 0 ? "0" : formatFloat(item);
    else if (typeof item === "boolean" || typeof item === "bigint") text = String(item);
    else if (item instanceof GoInteger) text = String(item.value);
    else {
      left -= 2;
      const list = listOf(item);
      if (list !== undefined) return `[${list.slice(0, limit).map(write).join(" ")}]`;
      if (item instanceof Special) return "{}";
      const map = item as { readonly [key: string]: GoValue };
      const keys = Object.keys(map).sort(compareText).slice(0, limit);
      return `map[${keys.map((key) => `${write(key)}:${write(map[key] ?? null)}`).join(" ")}]`;
    }
    left -= text.length;
    return text;
  };
  return write(value);
}

const listOf = (value: GoValue): readonly GoValue[] | undefined =>
  Array.isArray(value) ? (value as readonly GoValue[]) : value instanceof ObjectList ? value.items : undefined;

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
const quoted = /[<>&\u2028\u2029]/g;

/** A string in JSON: `<`, `>` and `&` escaped, bytes that are no UTF-8 as the escape of U+FFFD. */
function quote(text: string): string {
  const parts = text.split(loneSurrogates).map((part) => JSON.stringify(part).slice(1, -1).replace(quoted, escapeUnit));
  return `"${parts.join("\\ufffd")}"`;
}

/** The cost of writing: one step per value, and text by its length. */
interface Spending {
  spend(steps: number): void;
  spendText(length: number): void;
}

const free: Spending = { spend: () => undefined, spendText: () => undefined };

/**
 * JSON text with sorted keys: what `to_string` gives, and what a variable inside a longer string becomes.
 * @throws EngineError `unresolved` on a number that JSON cannot write, `over-budget`.
 */
export function goJson(value: GoValue, run: Spending = free): string {
  run.spend(1);
  if (value === null) return "null";
  if (typeof value === "string") {
    run.spendText(value.length);
    return quote(value);
  }
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new EngineError("unresolved", `json: unsupported value: ${formatFloat(value)}`);
    return formatJsonNumber(value);
  }
  if (value instanceof GoInteger) return String(value.value);
  const list = listOf(value);
  if (list !== undefined) return `[${list.map((item) => goJson(item, run)).join(",")}]`;
  if (value instanceof Special) return "{}";
  const map = value as { readonly [key: string]: GoValue };
  const keys = Object.keys(map);
  for (const key of keys) run.spendText(key.length);
  return `{${keys
    .sort(compareText)
    .map((key) => `${quote(key)}:${goJson(map[key] ?? null, run)}`)
    .join(",")}}`;
}
