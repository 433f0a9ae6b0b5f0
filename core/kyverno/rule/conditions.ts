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
  /** The conditions that decided: those that are false where the whole is, else those that are true. */
  readonly decided: readonly DecidedCondition[];
}

/** A condition with its variables replaced, and its place in the policy's value. */
export interface DecidedCondition {
  /** JSON pointer into the conditions. */
  readonly at: string;
  readonly operator: string;
  readonly key: PolicyValue;
  readonly value: PolicyValue;
}

export interface Condition {
  /** JSON pointer into the conditions. */
  readonly at: string;
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
  return { at, key, operator, value: other, message: typeof message === "string" ? message : "" };
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
 * The structure of conditions in a policy; names of operators are not checked.
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

interface Tested extends DecidedCondition {
  readonly holds: boolean;
  readonly message: string;
}

type Test = (condition: Condition) => Tested;

const joined = (conditions: readonly { readonly message: string }[], separator: string): string =>
  conditions
    .map(({ message }) => message)
    .filter((message) => message !== "")
    .join(separator);

const plain = (conditions: readonly Tested[]): readonly DecidedCondition[] =>
  conditions.map(({ at, operator, key, value }) => ({ at, operator, key, value }));

/** The conditions up to the first one that is as `until`. */
function testUntil(conditions: readonly Condition[], test: Test, until: boolean): readonly Tested[] {
  const tested: Tested[] = [];
  for (const condition of conditions) {
    const result = test(condition);
    tested.push(result);
    if (result.holds === until) break;
  }
  return tested;
}

function testBlock({ any, all }: ConditionBlock, test: Test): ConditionsResult {
  const ofAny = testUntil(any ?? [], test, true);
  const ofAll = testUntil(all ?? [], test, false);
  const anyHolds = any === undefined || ofAny.at(-1)?.holds === true;
  const allHold = ofAll.every((tested) => tested.holds);
  const holds = anyHolds && allHold;
  const told = [...ofAny, ...ofAll].filter((tested) => tested.holds === holds);
  // A false one of several alternatives decides nothing when another one holds.
  const decisive = holds || !anyHolds ? told : ofAll.filter((tested) => !tested.holds);
  return { holds, message: joined(told, "; "), decided: plain(decisive) };
}

function testConditions(conditions: Conditions, test: Test): ConditionsResult {
  if (conditions.form === "block") return testBlock(conditions.block, test);
  if (conditions.form === "list") {
    const tested = testUntil(conditions.conditions, test, false);
    const last = tested.at(-1);
    if (last?.holds === false) return { holds: false, message: last.message, decided: plain([last]) };
    return { holds: true, message: joined(tested, ";"), decided: plain(tested) };
  }
  const results: ConditionsResult[] = [];
  for (const block of conditions.blocks) {
    const result = testBlock(block, test);
    if (!result.holds) return result;
    results.push(result);
  }
  return { holds: true, message: joined(results, ";"), decided: results.flatMap(({ decided }) => decided) };
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

const tested = (condition: Condition, limits: Limits): Tested => ({
  ...condition,
  holds: testCondition(condition, limits),
});

const replaced = (condition: Condition, context: JsonContext): Condition => ({
  ...condition,
  key: substituteSide("key", condition.key, context),
  value: substituteSide("value", condition.value, context),
});

const substituteBoth =
  (context: JsonContext): Test =>
  (condition) =>
    tested(replaced(condition, context), context.limits);

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
      tested(condition, context.limits),
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

/** Of conditions that could not be evaluated, the first whose variables do not resolve or whose operator fails. */
export function unresolvedCondition(conditions: PolicyValue, context: JsonContext): Condition | undefined {
  const read = compileConditions(conditions);
  const blocks = read.form === "blocks" ? read.blocks : read.form === "block" ? [read.block] : [];
  const list = read.form === "list" ? read.conditions : blocks.flatMap(({ any = [], all = [] }) => [...any, ...all]);
  return list.find((condition) => {
    try {
      substituteBoth(context)(condition);
      return false;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return true;
    }
  });
}
