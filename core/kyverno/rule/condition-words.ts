/**
 * A condition as people read it: what was asked, what was there, and the line of the policy. Source:
 * docs/spec/kyverno.md#conditions.
 */
import type { EngineError } from "../../errors.ts";
import { goJson } from "../../jmespath/go-text.ts";
import type { PolicyValue, Position } from "../policy/policy.ts";
import { toFieldPath } from "../policy/field-path.ts";
import { isList, isMap } from "../policy/policy-value.ts";
import type { DecidedCondition } from "./conditions.ts";

/** Conditions as they stand in a policy, and where. */
export interface PlacedConditions {
  readonly value: PolicyValue;
  /** JSON pointer of the value, as people are to read it: `/conditions`. */
  readonly pointer: string;
  /** Of a JSON pointer into the value. */
  readonly position: (at: string) => Position;
}

const longest = 200;
const shown = 3;

function shortened(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

/** Variables as they are written, anything else as JSON. */
function text(value: PolicyValue): string {
  if (typeof value === "string" && value.includes("{{")) return shortened(value);
  return shortened(goJson(value));
}

/** The condition as it is written: `{{ repo.branch }}`, and not what it became. */
function written(value: PolicyValue, at: string): { readonly key?: PolicyValue; readonly value?: PolicyValue } {
  let found: PolicyValue | undefined = value;
  for (const step of at.split("/").slice(1))
    found = isList(found) ? found[Number(step)] : isMap(found) ? found[step] : undefined;
  return isMap(found) ? found : {};
}

const pathOf = ({ pointer }: PlacedConditions, at: string): string => toFieldPath(`${pointer}${at}`);
const placeOf = ({ position }: PlacedConditions, at: string): string => {
  const { file, line } = position(at);
  return `${file}:${line}`;
};

function words(condition: DecidedCondition, holds: boolean, placed: PlacedConditions): string {
  const asWritten = written(placed.value, condition.at);
  const key = text(asWritten.key ?? condition.key);
  const found = text(condition.key);
  return (
    `${pathOf(placed, condition.at)}: ${key} ${condition.operator} ${text(condition.value)} is ${holds}` +
    `${key === found ? "" : `: it is ${found}`} (${placeOf(placed, condition.at)})`
  );
}

/** What decided: `conditions[0].all[1]: {{ repo.branch }} Equals "main" is false: it is "next" (policy.yaml:31)`. */
export function decidedWords(
  { holds, decided }: { readonly holds: boolean; readonly decided: readonly DecidedCondition[] },
  placed: PlacedConditions,
): string {
  const told = decided.slice(0, shown).map((condition) => words(condition, holds, placed));
  const more = decided.length > shown ? [`and ${decided.length - shown} more`] : [];
  return [...told, ...more].join("; ");
}

/** A condition that could not be judged, in the same form with the reason. */
export function unresolvedWords(
  { at, operator, key, value }: DecidedCondition,
  error: EngineError,
  placed: PlacedConditions,
): string {
  let innermost: Error = error;
  while (innermost.cause instanceof Error) innermost = innermost.cause;
  const condition = `${text(key)} ${operator} ${text(value)}`;
  return `${pathOf(placed, at)}: ${condition}: ${innermost.message} (${placeOf(placed, at)})`;
}
