/**
 * Rules generated for pod controllers, against the real Kyverno: autogen.jsonl. Messages of validate rules show how
 * variables were rewritten; rules over images end in an error that echoes the images they found, and are compared by
 * those.
 */
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { type JsonObject, parseJson } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import { extractImages, imagesVariable } from "../../core/kyverno/image/extract.ts";
import { expandRules } from "../../core/kyverno/policy/autogen.ts";
import type { Policy, Rule } from "../../core/kyverno/policy/policy.ts";
import { member, textOf } from "../../core/kyverno/policy/policy-value.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { evaluateConditions, evaluatePreconditions } from "../../core/kyverno/rule/conditions.ts";
import { ExpressionCache } from "../../core/kyverno/rule/expression-cache.ts";
import { JsonContext } from "../../core/kyverno/rule/json-context.ts";
import { loadContext } from "../../core/kyverno/rule/load-context.ts";
import { compileMatch } from "../../core/kyverno/rule/match.ts";
import type { AdmissionRequest } from "../../core/kyverno/rule/request.ts";
import { substituteMessage } from "../../core/kyverno/rule/variables.ts";
import { defaultLimits } from "../../core/limits.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import { type GoldenReport, outcome, readLines, Tally } from "./golden-cases.ts";

export interface AutogenResult {
  readonly rule: string;
  readonly result: string;
  readonly message: string;
}

export interface AutogenCase {
  readonly id: string;
  readonly policy: JsonObject;
  readonly resource: JsonObject & { readonly apiVersion: string; readonly kind: string };
  readonly results?: readonly AutogenResult[];
  readonly error?: string;
}

/** What one expanded rule says of a request that it matches, or nothing. */
export type EvaluateRule = (policy: Policy, rule: Rule, request: AdmissionRequest) => readonly AutogenResult[];

function requestOf({ resource }: AutogenCase): AdmissionRequest {
  const [version = "", group = ""] = resource.apiVersion.split("/").reverse();
  return { operation: "CREATE", kind: { group, version, kind: resource.kind }, object: resource };
}

function contextOf(policy: Policy, rule: Rule, request: AdmissionRequest): JsonContext {
  const environment = {
    limits: defaultLimits,
    now: new Date("2026-01-01T00:00:00Z"),
    expressions: new ExpressionCache(),
    references: {},
  };
  const context = new JsonContext(request, environment);
  loadContext(rule.context, context, new MemoryKnowledge(defaultLimits), request.variables ?? {}, policy);
  return context;
}

/** What the precondition of a rule over images echoes: the images, or what it reads of the resource. */
function echoPrecondition(policy: Policy, rule: Rule, request: AdmissionRequest): readonly AutogenResult[] {
  const context = contextOf(policy, rule, request);
  const extraction = extractImages(request.object ?? {}, request.kind.kind, rule.imageExtractors, {
    evaluate: context.evaluateOn,
    limits: defaultLimits,
  });
  if (extraction.images.length === 0) return [];
  context.add("images", imagesVariable(extraction) ?? null);
  try {
    return [
      { rule: rule.name, result: "skip", message: evaluatePreconditions(rule.preconditions ?? null, context).message },
    ];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [{ rule: rule.name, result: "error", message: error.message }];
  }
}

function denies(policy: Policy, rule: Rule, request: AdmissionRequest): readonly AutogenResult[] {
  const context = contextOf(policy, rule, request);
  const answer = (result: string, message: string): readonly AutogenResult[] => [{ rule: rule.name, result, message }];
  try {
    if (rule.preconditions !== undefined) {
      const { holds, message } = evaluatePreconditions(rule.preconditions, context);
      if (!holds) return answer("skip", ["preconditions not met", message].filter((part) => part !== "").join("; "));
    }
    const denied = evaluateConditions(member(member(rule.validate, "deny"), "conditions") ?? null, context).holds;
    return denied
      ? answer("fail", substituteMessage(textOf(rule.validate, "message") ?? "", context))
      : answer("pass", "");
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return answer("error", error.message);
  }
}

/** Whether a rule is of a form that this program does not decide: only that it speaks of the resource is compared. */
const isUndecided = (rule: Rule): boolean =>
  rule.kind !== "verifyImages" &&
  (rule.kind !== "validate" ||
    member(rule.validate, "deny") === undefined ||
    member(rule.validate, "foreach") !== undefined);

const evaluateRule: EvaluateRule = (policy, rule, request) =>
  rule.kind === "verifyImages" ? echoPrecondition(policy, rule, request) : denies(policy, rule, request);

const echoed = /\(provided: '(.*)'\)$/s;

/** A result in a form that both sides can have: the words of an error are each program's own. */
function line({ rule, result, message }: AutogenResult): string {
  if (result !== "error") return `${rule}=${result}: ${result === "pass" ? "" : message}`;
  const echo = echoed.exec(message)?.[1] ?? "";
  const shown = echo.startsWith("{") ? encodeCanonicalJson(parseJson(echo, { limits: defaultLimits })) : echo;
  return `${rule}=error: ${shown}`;
}

/** Both sides, sorted: expected and actual. */
function compare(golden: AutogenCase, evaluate: EvaluateRule): readonly [expected: string, actual: string] {
  const { policies, errors } = loadPolicies([{ name: "policy.yaml", text: JSON.stringify(golden.policy) }]);
  const [policy] = policies;
  if (errors.length > 0 || policy === undefined) return [golden.error === undefined ? "loads" : "error", "error"];
  const request = requestOf(golden);
  const rules = expandRules(policy, golden.resource.kind);
  const undecided = new Set(rules.filter(isUndecided).map((rule) => rule.name));
  const matching = rules.filter(
    (rule) => compileMatch(rule, policy, defaultLimits).test(request, { absentNamespaceLabels: "none" }).matched,
  );
  const actual = matching.flatMap((rule) =>
    undecided.has(rule.name) ? [`${rule.name} speaks`] : evaluate(policy, rule, request).map(line),
  );
  const expected = (golden.results ?? []).map((result) =>
    undecided.has(result.rule) ? `${result.rule} speaks` : line(result),
  );
  return [golden.error === undefined ? expected.sort().join("\n") : "error", actual.sort().join("\n")];
}

/** All cases of the file. */
export function runGoldenAutogen(folder: string, evaluate: EvaluateRule = evaluateRule): GoldenReport {
  const tally = new Tally();
  for (const text of readLines(folder, "autogen.jsonl")) {
    const golden = JSON.parse(text) as AutogenCase;
    let expected = "";
    const actual = outcome(() => {
      const [wanted, found] = compare(golden, evaluate);
      expected = wanted;
      return found;
    });
    tally.add(golden.id, expected, actual);
  }
  return tally.report();
}
