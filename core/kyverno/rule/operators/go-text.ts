/**
 * Values as Go's `fmt.Sprint` writes them: the texts that membership operators compare. Source:
 * docs/spec/kyverno.md#membership.
 */
import { formatFloat } from "../../../jmespath/go-number.ts";
import { compareText } from "../../../jmespath/value.ts";
import type { PolicyValue } from "../../policy/policy.ts";
import { isList, isMap } from "../../policy/policy-value.ts";

/** A value in Go's default format: `true`, `5`, `1e+06`, `map[a:1 b:x]`, `[1 2]`, `<nil>`. */
export function goText(value: PolicyValue): string {
  if (value === null) return "<nil>";
  if (typeof value === "string") return value;
  // Go reads the -0.0 of a document as the integer 0.
  if (typeof value === "number") return value === 0 ? "0" : formatFloat(value);
  if (isList(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isMap(value)) return String(value);
  const keys = Object.keys(value).sort(compareText);
  return `map[${keys.map((key) => `${key}:${goText(value[key] ?? null)}`).join(" ")}]`;
}
