/**
 * Values as Go writes them: fmt's %v in messages, encoding/json in `to_string`. Source: Go's fmt and encoding/json
 * packages.
 */
import { EngineError } from "../errors.ts";
import { formatFloat, formatJsonNumber } from "./go-number.ts";
import { compareText, elements, GoInteger, Special, type Value } from "./value.ts";

/** A value in `%v`, cut after about `limit` characters: `map[a:1 b:[x <nil>]]`. */
export function goText(value: Value, limit = 1000): string {
  let left = limit;
  const write = (item: Value): string => {
    if (left < 0) return "…";
    let text: string;
    if (item === null) text = "<nil>";
    else if (typeof item === "string") text = item.length > limit ? `${item.slice(0, limit)}…` : item;
    else if (typeof item === "number") text = formatFloat(item);
    else if (typeof item === "boolean") text = String(item);
    else if (item instanceof GoInteger) text = String(item.value);
    else {
      left -= 2;
      const list = elements(item);
      if (list !== undefined) return `[${list.slice(0, limit).map(write).join(" ")}]`;
      if (item instanceof Special) return "{}";
      const members = item as { readonly [key: string]: Value };
      const keys = Object.keys(members).sort(compareText).slice(0, limit);
      return `map[${keys.map((key) => `${write(key)}:${write(members[key] ?? null)}`).join(" ")}]`;
    }
    left -= text.length;
    return text;
  };
  return write(value);
}

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const quoted = /[<>&\u2028\u2029]/g;

/** A string in JSON: `<`, `>` and `&` escaped, bytes that are no UTF-8 as the escape of U+FFFD. */
function quote(text: string): string {
  const parts = text.split(loneSurrogate).map((part) => JSON.stringify(part).slice(1, -1).replace(quoted, escapeUnit));
  return `"${parts.join("\\ufffd")}"`;
}

/** What writing costs: one step a value, and text by its length. */
interface Spending {
  spend(steps: number): void;
  spendText(length: number): void;
}

/**
 * JSON text with sorted keys.
 * @throws EngineError `unresolved` on a number that JSON cannot write, `over-budget`.
 */
export function goJson(value: Value, run: Spending): string {
  run.spend(1);
  if (value === null) return "null";
  if (typeof value === "string") {
    run.spendText(value.length);
    return quote(value);
  }
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new EngineError("unresolved", `json: unsupported value: ${formatFloat(value)}`);
    return formatJsonNumber(value);
  }
  if (value instanceof GoInteger) return String(value.value);
  const list = elements(value);
  if (list !== undefined) return `[${list.map((item) => goJson(item, run)).join(",")}]`;
  if (value instanceof Special) return "{}";
  const map = value as { readonly [key: string]: Value };
  return `{${Object.keys(map)
    .sort(compareText)
    .map((key) => `${quote(key)}:${goJson(map[key] ?? null, run)}`)
    .join(",")}}`;
}
