/**
 * References `$(path)` inside a document of a policy, replaced before its variables. Source:
 * docs/spec/kyverno.md#variables.
 */
import { EngineError } from "../../errors.ts";
import type { PolicyValue } from "../policy/policy.ts";
import { isList, isMap, member } from "../policy/policy-value.ts";

const operators = [">=", "<=", ">", "<", "!"] as const;

export const hasReferences = (text: string): boolean => text.includes("$(");

function holdsReference(value: PolicyValue): boolean {
  if (typeof value === "string") return hasReferences(value);
  if (isList(value)) return value.some(holdsReference);
  return isMap(value) && Object.entries(value).some(([key, entry]) => hasReferences(key) || holdsReference(entry));
}

/**
 * The document with its references replaced by the strings they lead to.
 * @throws EngineError `unresolved` when one leads to nothing, or not to a text.
 */
export function resolveReferences(document: PolicyValue): PolicyValue {
  return holdsReference(document) ? replaceAll(document, "", document) : document;
}

function replaceAll(value: PolicyValue, at: string, document: PolicyValue): PolicyValue {
  if (typeof value === "string") return replaceIn(value, at, document);
  if (isList(value)) return value.map((item, index) => replaceAll(item, `${at}/${index}`, document));
  if (!isMap(value)) return value;
  const result: Record<string, PolicyValue> = Object.create(null);
  for (const [key, entry] of Object.entries(value))
    result[replaceIn(key, at, document)] = replaceAll(entry, `${at}/${key}`, document);
  return result;
}

function replaceIn(text: string, at: string, document: PolicyValue): string {
  if (!hasReferences(text)) return text;
  const stretches = text.split(" ").map((stretch) => replaceStretch(stretch, at, document));
  return stretches.join(" ");
}

/**
 * In a stretch without spaces a reference begins at the first `$(` that is not escaped and ends at the last
 * parenthesis. `\$(x)` gives `$(x)`.
 */
function replaceStretch(stretch: string, at: string, document: PolicyValue): string {
  let start = stretch.indexOf("$(");
  while (start > 0 && stretch[start - 1] === "\\") start = stretch.indexOf("$(", start + 1);
  const end = stretch.lastIndexOf(")");
  const found = start >= 0 && end >= start + 3;
  const replaced = found
    ? stretch.slice(0, start) + resolveReference(stretch.slice(start, end + 1), at, document) + stretch.slice(end + 1)
    : stretch;
  return replaced.replaceAll("\\$(", "$(");
}

function resolveReference(reference: string, at: string, document: PolicyValue): string {
  const inner = reference.slice(2, -1);
  const operator = operators.find((candidate) => inner.startsWith(candidate)) ?? "";
  const path = inner.slice(operator.length);
  const found = follow(document, path.startsWith("/") ? path : `${at}/${path}`);
  if (found === undefined || found === null)
    throw new EngineError("unresolved", `got nil resolved variable ${reference} at path ${at}`, { subject: reference });
  if (operator !== "" && (typeof found === "number" || typeof found === "bigint")) return `${operator}${found}`;
  if (typeof found !== "string")
    throw new EngineError("unresolved", `reference ${reference} not resolved at path ${at}`, { subject: reference });
  return `${operator}${found}`;
}

/** The value at a path in which `.` and `..` are steps of their own. */
function follow(document: PolicyValue, path: string): PolicyValue | undefined {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "..") steps.pop();
    else if (step !== "" && step !== ".") steps.push(step);
  }
  if (steps.length === 0) return undefined;
  let value: PolicyValue | undefined = document;
  for (const step of steps) value = isList(value) && /^\d+$/.test(step) ? value[Number(step)] : member(value, step);
  return value;
}
