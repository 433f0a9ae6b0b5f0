/** Variables `{{ … }}` in policies, replaced from a JSON context. Source: docs/spec/kyverno.md#variables. */
import { isRecord } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { goJson } from "../../jmespath/go-text.ts";
import type { StepBudget } from "../../jmespath/expression.ts";
import type { PolicyValue } from "../policy/policy.ts";
import { isList, isMap } from "../policy/policy-value.ts";
import { holdsVariable, isWholeVariable, replaceVariables, unescapeVariables } from "./braces.ts";
import type { JsonContext } from "./json-context.ts";
import { isIgnorance } from "./ignorance.ts";
import { hasReferences, resolveReferences } from "./references.ts";

/** The remaining budget for the variables of one string. */
interface Budget {
  /** Text that they may produce, in UTF-16 code units. */
  left: number;
  /** The steps of all of them together: a resource can make one variable into thousands. */
  readonly steps: StepBudget;
  evaluated: number;
}

/** Steps for each character of an expression, which may come from the resource and then has to be compiled. */
const compilingSteps = 8;

/** Whether any string or key of the value has a variable, a reference or an escaped one. */
export function hasVariables(value: unknown): boolean {
  if (typeof value === "string") return value.includes("{{") || hasReferences(value);
  if (Array.isArray(value)) return value.some(hasVariables);
  return isRecord(value) && Object.entries(value).some(([key, entry]) => hasVariables(key) || hasVariables(entry));
}

/**
 * The value with every variable in its strings and keys replaced. A string that is nothing but one variable becomes
 * what the variable holds, of whatever type.
 * @throws EngineError `unresolved` for a variable or reference that does not resolve, `over-budget` when replacing does
 * not end, `over-limit` when it
 *   grows past the bound, and the code of an open question as it is.
 */
export function substitute(value: PolicyValue, context: JsonContext): PolicyValue {
  if (!hasVariables(value)) return value;
  return replaceAll(resolveReferences(value), "", context);
}

function replaceAll(value: PolicyValue, at: string, context: JsonContext): PolicyValue {
  if (typeof value === "string") return replaceIn(value, at, context);
  if (isList(value)) return value.map((item, index) => replaceAll(item, `${at}/${index}`, context));
  if (!isMap(value)) return value;
  const result: Record<string, PolicyValue> = Object.create(null);
  for (const [key, entry] of Object.entries(value))
    result[keyText(replaceIn(key, at, context), at)] = replaceAll(entry, `${at}/${key}`, context);
  return result;
}

function keyText(key: PolicyValue, at: string): string {
  if (typeof key === "string") return key;
  throw new EngineError("unresolved", `the key of a map at path ${at} became ${goJson(key)}, which is not a text`);
}

function replaceIn(text: string, at: string, context: JsonContext): PolicyValue {
  if (!text.includes("{{")) return text;
  const { substitutionRounds, resourceBytes, expressionSteps } = context.limits;
  const budget: Budget = { left: resourceBytes, steps: { steps: expressionSteps }, evaluated: 0 };
  let current = text;
  let ended = false;
  for (let round = 0; !ended && holdsVariable(current); round++) {
    if (round >= substitutionRounds)
      throw new EngineError("over-budget", `variables at path ${at} are still there after ${round} rounds`);
    if (isWholeVariable(current)) return resolve(current, at, context, budget).value;
    current = replaceVariables(current, (braced) => {
      const { value, shallow } = resolve(braced, at, context, budget);
      if (shallow && typeof value !== "string" && value !== null)
        throw new EngineError(
          "unresolved",
          `the variable ${braced} at path ${at} holds ${goJson(value).slice(0, 100)}, which is not a text`,
        );
      // The last one of a round decides for all.
      ended = shallow;
      const replacement = typeof value === "string" ? value : goJson(value);
      budget.left -= replacement.length;
      if (budget.left < 0) throw new EngineError("over-limit", `variables at path ${at} grow past ${resourceBytes}`);
      return shallow ? replacement.replaceAll("{{", "\\{{") : replacement;
    });
  }
  return unescapeVariables(current);
}

/** `{{- x }}` is shallow: what it holds is not read for variables again. */
function resolve(
  braced: string,
  at: string,
  context: JsonContext,
  budget: Budget,
): { readonly value: PolicyValue; readonly shallow: boolean } {
  const { variablesPerText } = context.limits;
  if (++budget.evaluated > variablesPerText)
    throw new EngineError("over-budget", `more than ${variablesPerText} variables at path ${at}`);
  const inner = braced.slice(2, -2).trim();
  const shallow = inner.startsWith("-");
  const written = shallow ? inner.slice(1).trim() : inner;
  const named = written === "@" ? currentNode(at, context) : written;
  const expression = context.isDeletion ? named.replaceAll("request.object", "request.oldObject") : named;
  try {
    budget.steps.steps -= compilingSteps * expression.length;
    return { value: context.query(expression, budget.steps), shallow };
  } catch (error) {
    if (!(error instanceof EngineError) || isIgnorance(error)) throw error;
    throw new EngineError(error.code, `failed to resolve ${expression} at path ${at}: ${error.message}`, {
      subject: error.subject ?? expression,
      cause: error,
    });
  }
}

/**
 * `{{@}}` is the resource's own value at the same place; the first two steps of the path belong to the rule.
 */
function currentNode(at: string, context: JsonContext): string {
  const root = context.has("target") ? "target" : "request.object";
  const steps = at.split("/").slice(3);
  return steps.reduce(
    (path, step) =>
      /^\d+$/.test(step)
        ? `${path}[${step}]`
        : `${path}.${/^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? step : JSON.stringify(step)}`,
    root,
  );
}

/**
 * The text with its variables replaced; what is not text is written as JSON.
 * @throws as {@link substitute}
 */
export function substituteText(text: string, context: JsonContext): string {
  const value = substitute(text, context);
  return typeof value === "string" ? value : goJson(value);
}

/**
 * A message for people: if a variable does not resolve, the text is left as written, because a message decides nothing.
 */
export function substituteMessage(text: string, context: JsonContext): string {
  try {
    return substituteText(text, context);
  } catch (error) {
    if (error instanceof EngineError) return text;
    throw error;
  }
}

/**
 * A part of a rule, in the shape in which policies are read, with its variables replaced. Its strings stay strings.
 * @throws as {@link substitute}; also `unresolved` where a string would become something else.
 */
export function deepSubstitute<T>(part: T, context: JsonContext): T {
  return hasVariables(part) ? (substituteShape(part, "", context) as T) : part;
}

function substituteShape(value: unknown, at: string, context: JsonContext): unknown {
  if (typeof value === "string") return textOnly(substitute(value, context), at);
  if (Array.isArray(value)) return value.map((item, index) => substituteShape(item, `${at}/${index}`, context));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      textOnly(substitute(key, context), at),
      substituteShape(entry, `${at}/${key}`, context),
    ]),
  );
}

function textOnly(value: PolicyValue, at: string): string {
  if (typeof value === "string") return value;
  throw new EngineError(
    "unresolved",
    `a text is expected at path ${at}, the variable holds ${goJson(value).slice(0, 100)}`,
  );
}
