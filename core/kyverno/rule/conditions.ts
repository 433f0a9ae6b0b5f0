/**
 * Conditions: any/all blocks and lists of preconditions, denials and attestations. Source:
 * docs/spec/kyverno.md#preconditions, #conditions.
 */
import { EngineError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { PolicyValue } from "../policy/policy.ts";
import { isList, isMap } from "../policy/policy-value.ts";
import type { JsonContext } from "./json-context.ts";
import { isIgnorance } from "./ignorance.ts";
import { operatorOf } from "./operators/operator.ts";
import { substitute, substituteMessage } from "./variables.ts";

export interface ConditionsResult {
  readonly holds: boolean;
  /** Messages of the conditions that decided, joined; empty when they have none. */
  readonly message: string;
}

export interface Condition {
  readonly key: PolicyValue;
  readonly operator: string;
  readonly value: PolicyValue;
  readonly message: string;
}

export interface ConditionBlock {
  readonly any?: readonly Condition[];
  readonly all?: readonly Condition[];
}

/** `any`/`all`, the old plain list (all must hold), or a list of blocks (all must hold). */
export type Conditions =
  | { readonly form: "block"; readonly block: ConditionBlock }
  | { readonly form: "list"; readonly conditions: readonly Condition[] }
  | { readonly form: "blocks"; readonly blocks: readonly ConditionBlock[] };

const wrong = (what: string, at: string): never => {
  throw new EngineError("malformed", what, { subject: at === "" ? "/" : at });
};

function readCondition(value: PolicyValue, at: string): Condition {
  if (!isMap(value)) return wrong("a condition is a map of key, operator and value", at);
  const { key = null, operator, value: other = null, message = null } = value;
  if (typeof operator !== "string") return wrong("a condition needs an operator", `${at}/operator`);
  return { key, operator, value: other, message: typeof message === "string" ? message : "" };
}

const readList = (value: PolicyValue, at: string): readonly Condition[] =>
  isList(value)
    ? value.map((item, index) => readCondition(item, `${at}/${index}`))
    : wrong("a list of conditions is expected", at);

function readBlock(value: PolicyValue, at: string): ConditionBlock {
  if (!isMap(value)) return wrong("a block of conditions is a map of any and all", at);
  const { any = null, all = null } = value;
  return {
    ...(any === null ? {} : { any: readList(any, `${at}/any`) }),
    ...(all === null ? {} : { all: readList(all, `${at}/all`) }),
  };
}

const isCondition = (value: PolicyValue): boolean =>
  isMap(value) && (Object.hasOwn(value, "operator") || Object.hasOwn(value, "key"));

/**
 * The structure of conditions as they stand in a policy; names of operators are not looked at.
 * @throws EngineError `malformed` with a pointer into the value.
 */
export function compileConditions(value: PolicyValue): Conditions {
  if (!isList(value)) return { form: "block", block: value === null ? {} : readBlock(value, "") };
  if (value.some(isCondition)) return { form: "list", conditions: readList(value, "") };
  return { form: "blocks", blocks: value.map((block, index) => readBlock(block, `/${index}`)) };
}

/** A lone number reaches an operator as a double, however it was written. */
const scalar = (value: PolicyValue): PolicyValue => (typeof value === "bigint" ? Number(value) : value);

/**
 * Whether a condition, whose variables are already replaced, holds.
 * @throws EngineError `unresolved` on an operator that does not exist or that cannot take the key.
 */
function testCondition(condition: Pick<Condition, "key" | "operator" | "value">, limits: Limits): boolean {
  const operator = operatorOf(condition.operator);
  if (operator === undefined)
    throw new EngineError("unresolved", `failed to create handler for condition operator: ${condition.operator}`);
  return operator(scalar(condition.key), scalar(condition.value), limits);
}

type Test = (condition: Condition) => boolean;

const joined = (messages: readonly string[], separator: string): string =>
  messages.filter((message) => message !== "").join(separator);

function testBlock({ any, all }: ConditionBlock, test: Test): ConditionsResult {
  const trueMessages: string[] = [];
  const falseMessages: string[] = [];
  let anyHolds = any === undefined;
  for (const condition of any ?? []) {
    anyHolds = test(condition);
    (anyHolds ? trueMessages : falseMessages).push(condition.message);
    if (anyHolds) break;
  }
  let allHold = true;
  for (const condition of all ?? []) {
    allHold = test(condition);
    (allHold ? trueMessages : falseMessages).push(condition.message);
    if (!allHold) break;
  }
  const holds = anyHolds && allHold;
  return { holds, message: joined(holds ? trueMessages : falseMessages, "; ") };
}

function testConditions(conditions: Conditions, test: Test): ConditionsResult {
  if (conditions.form === "block") return testBlock(conditions.block, test);
  const messages: string[] = [];
  if (conditions.form === "list") {
    for (const condition of conditions.conditions) {
      if (!test(condition)) return { holds: false, message: condition.message };
      messages.push(condition.message);
    }
  } else {
    for (const block of conditions.blocks) {
      const result = testBlock(block, test);
      if (!result.holds) return result;
      messages.push(result.message);
    }
  }
  return { holds: true, message: joined(messages, ";") };
}

function substituteSide(side: "key" | "value", value: PolicyValue, context: JsonContext): PolicyValue {
  try {
    return substitute(value, context);
  } catch (error) {
    if (!(error instanceof EngineError) || isIgnorance(error)) throw error;
    throw new EngineError(error.code, `failed to substitute variables in condition ${side}: ${error.message}`, {
      subject: error.subject,
      cause: error,
    });
  }
}

const substituteBoth =
  (context: JsonContext): Test =>
  (condition) =>
    testCondition(
      {
        operator: condition.operator,
        key: substituteSide("key", condition.key, context),
        value: substituteSide("value", condition.value, context),
      },
      context.limits,
    );

/**
 * Preconditions: variables are replaced condition by condition, so one that is never reached is never resolved;
 * messages stand as written.
 * @throws as {@link evaluateConditions}
 */
export const evaluatePreconditions = (conditions: PolicyValue, context: JsonContext): ConditionsResult =>
  testConditions(compileConditions(conditions), substituteBoth(context));

/**
 * Conditions of a denial or of an attestation. A list of blocks, which is an attestation's form, has all its variables
 * replaced before any condition is looked at; the other forms one condition at a time. Variables in messages are
 * replaced too.
 * @throws EngineError `unresolved` for a variable or an operator, `malformed` for a broken structure, the code of an
 * open question as it is.
 */
export function evaluateConditions(conditions: PolicyValue, context: JsonContext): ConditionsResult {
  const read = compileConditions(conditions);
  if (read.form === "blocks")
    return testConditions(compileConditions(substituteAttestation(conditions, context)), (condition) =>
      testCondition(condition, context.limits),
    );
  const result = testConditions(read, substituteBoth(context));
  return { ...result, message: substituteMessage(result.message, context) };
}

function substituteAttestation(conditions: PolicyValue, context: JsonContext): PolicyValue {
  try {
    return substitute(conditions, context);
  } catch (error) {
    if (!(error instanceof EngineError) || isIgnorance(error)) throw error;
    throw new EngineError(error.code, `failed to substitute variables in attestation conditions: ${error.message}`, {
      subject: error.subject,
      cause: error,
    });
  }
}
