/**
 * Condition operators against the real Kyverno: conditions.jsonl. Literal sides stand in the condition, `via` sides
 * come through a variable.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import type { PolicyValue } from "../../core/kyverno/policy/policy.ts";
import { toJson } from "../../core/kyverno/policy/policy-value.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { evaluateConditions } from "../../core/kyverno/rule/conditions.ts";
import { ExpressionCache } from "../../core/kyverno/rule/expression-cache.ts";
import { JsonContext } from "../../core/kyverno/rule/json-context.ts";
import { defaultLimits } from "../../core/limits.ts";
import { type GoldenReport, outcome, readLines, Tally } from "./golden-cases.ts";

interface ConditionCase {
  readonly id: string;
  readonly key: PolicyValue;
  readonly operator: string;
  readonly value: PolicyValue;
  readonly via?: "key" | "value" | "both";
  readonly result: "true" | "false" | "error";
  readonly stage?: string;
}

const mark = "\u0000";
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON with its numbers as the policy reader has them: those without fraction as integers, also where they are written
 * `5.0`.
 */
function readValues(line: string): ConditionCase {
  const marked = line.replace(token, (text) => (text.startsWith('"') ? text : JSON.stringify(mark + text)));
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(mark) ? readNumber(value.slice(1)) : value,
  ) as ConditionCase;
}

function readNumber(text: string): number | bigint {
  const value = Number(text);
  if (!Number.isInteger(value) || Math.abs(value) > 2 ** 63) return value;
  const integer = /^-?\d+$/.test(text) ? BigInt(text) : BigInt(value);
  return BigInt.asIntN(64, integer) === integer ? integer : value;
}

const resource = (probe: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "probe", namespace: "default" },
  data: { x: "y" },
  probe,
});

const side = (golden: ConditionCase, name: "key" | "value"): PolicyValue =>
  golden.via === name || golden.via === "both" ? `{{ request.object.probe.${name} }}` : golden[name];

function evaluate(golden: ConditionCase): boolean {
  const probe = { key: toJson(golden.key), value: toJson(golden.value) };
  const environment = {
    limits: defaultLimits,
    now: new Date("2026-01-01T00:00:00Z"),
    expressions: new ExpressionCache(),
    references: {},
  };
  const request = {
    operation: "CREATE",
    kind: { group: "", version: "v1", kind: "ConfigMap" },
    namespace: "default",
    name: "probe",
    object: resource(probe),
  } as const;
  return evaluateConditions(
    { all: [{ key: side(golden, "key"), operator: golden.operator, value: side(golden, "value") }] },
    new JsonContext(request, environment),
  ).holds;
}

const json = (value: PolicyValue): string =>
  JSON.stringify(value, (_, item) => (typeof item === "bigint" ? Number(item) : item));

/** Whether the policy reader refuses the condition, as `stage: policy` says. */
function isRefused(golden: ConditionCase): string {
  const { key, operator, value } = golden;
  const condition = `{"key": ${json(key)}, "operator": ${json(operator)}, "value": ${json(value)}}`;
  const policy = `{"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "p"},
    "spec": {"background": false, "rules": [{"name": "r",
      "match": {"any": [{"resources": {"kinds": ["ConfigMap"]}}]},
      "validate": {"deny": {"conditions": {"all": [${condition}]}}}}]}}`;
  return loadPolicies([{ name: "policy.yaml", text: policy }]).errors.length > 0
    ? "error"
    : outcome(() => evaluate(golden));
}

/** A panic of Kyverno is an error here, and the cases call it an error as well: no case differs on purpose. */
export function runGoldenConditions(folder: string): GoldenReport {
  const tally = new Tally();
  for (const line of readLines(folder, "conditions.jsonl")) {
    const golden = readValues(line);
    tally.add(
      golden.id,
      golden.result,
      golden.stage === "policy" ? isRefused(golden) : outcome(() => evaluate(golden)),
    );
  }
  return tally.report();
}
