/** The engine: policies compiled once, each request decided by a pure synchronous function. Source: design.md sections 1 and 4, kyverno.md sections 2, 8, 10. */
import type { SignatureVerifier } from "./crypto/signature-verifier.ts";
import { codeRow, EngineError } from "./errors.ts";
import { failureActionOf } from "./kyverno/image/failure-action.ts";
import { type CompiledRule, compileRule } from "./kyverno/image/compile-rule.ts";
import type { RuleResult } from "./kyverno/image/result.ts";
import { ruleResult, type RuleRun, stoppedRule } from "./kyverno/image/rule-run.ts";
import { type RuleOutcome, verifyRule } from "./kyverno/image/verify-rule.ts";
import { annotationPatches, type ImageStatus, type PatchOperation } from "./kyverno/outcome/digest-patch.ts";
import { expandRules } from "./kyverno/policy/autogen.ts";
import type { PolicyException } from "./kyverno/policy/exceptions.ts";
import type { Policy } from "./kyverno/policy/policy.ts";
import { type ExceptionIndex, indexExceptions } from "./kyverno/rule/exceptions.ts";
import { type ContextEnvironment, JsonContext } from "./kyverno/rule/json-context.ts";
import { kindsOf } from "./kyverno/rule/match.ts";
import type { AdmissionRequest } from "./kyverno/rule/request.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { ReferenceOptions } from "./oci/reference.ts";
import { type Answer, isArtifactQuestion, type Knowledge, type Question, questionText } from "./question.ts";
import { applyPatches } from "./kyverno/outcome/apply-patches.ts";
import { createVerifyContext } from "./verify/context.ts";
import { TrustCache } from "./trust/trust-cache.ts";
import type { Distrust } from "./trust/distrust.ts";

export interface EngineSettings {
  /** Kyverno's ConfigMap settings for image references. */
  readonly references?: ReferenceOptions;
  /** The name of the trusted root that policies mean by saying nothing. */
  readonly trustRoot?: string;
  /** Takes the labels of a namespace that the request does not carry for none, as Kyverno's command line does; otherwise the cluster is asked. */
  readonly assumeNoNamespaceLabels?: boolean;
}

export interface EngineOptions {
  readonly policies: readonly Policy[];
  readonly exceptions?: readonly PolicyException[];
  readonly settings?: EngineSettings;
  readonly distrust?: Distrust;
  readonly crypto: SignatureVerifier;
  readonly limits?: Partial<Limits>;
}

export interface DecideOptions {
  /** Only image references select: match, preconditions, counts, skips and a first success stop nothing. For a sync. */
  readonly exhaustive?: boolean;
}

export interface Decision {
  readonly allowed: boolean;
  readonly results: readonly RuleResult[];
  /** JSON Patch of the mutating pass: digests, then annotations. A denied request is not mutated, whatever stands here. */
  readonly patches: readonly PatchOperation[];
  readonly warnings: readonly string[];
  /** Questions that were looked up and not answered. */
  readonly open: readonly Question[];
  /** Canonical texts of all questions that the decision read. */
  readonly read: readonly string[];
  readonly at: string;
}

export interface Engine {
  readonly policies: readonly Policy[];
  /** What was found wrong in policies that load all the same: attestors that can never be satisfied. */
  readonly warnings: readonly string[];
  decide(request: AdmissionRequest, knowledge: Knowledge, now: Date, options?: DecideOptions): Decision;
}

interface CompiledPolicy {
  readonly policy: Policy;
  readonly rules: readonly CompiledRule[];
  readonly environment: ContextEnvironment;
}

/** Compiles policies. @throws EngineError when a policy cannot be compiled. */
export function createEngine(options: EngineOptions): Engine {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const settings = options.settings ?? {};
  const exceptions = indexExceptions(options.exceptions ?? []);
  const trust = new TrustCache(options.crypto);
  const compiled = options.policies.map((policy): CompiledPolicy => ({ policy, rules: expandRules(policy).map((rule) => compileRule(policy, rule)), environment: { limits, expressions: new Map(), references: settings.references ?? {} } }));
  const index = indexByKind(compiled);
  return {
    policies: options.policies,
    warnings: compiled.flatMap(({ policy, rules }) => rules.flatMap((rule) => rule.warnings.map((warning) => `${policy.name}/${rule.rule.name}: ${warning}`))),
    decide(request, knowledge, now, { exhaustive = false } = {}) {
      const recorder = new Recorder(knowledge);
      const verify = createVerifyContext({ knowledge: recorder, now, verifier: options.crypto, trust, limits, trustRootName: settings.trustRoot ?? "public-good", references: settings.references ?? {}, exhaustive, ...(options.distrust === undefined ? {} : { distrust: options.distrust }) });
      const parts = (exhaustive ? compiled : index.candidates(request.kind.kind)).map((policy) => decidePolicy(policy, { request, recorder, verify, exhaustive, exceptions, settings, now }));
      const results = parts.flatMap((part) => part.results);
      const statuses = parts.map((part) => part.statuses);
      const allowed = isAllowed(results);
      const patches = [...parts.flatMap((part) => part.patches), ...annotationPatches(request.object, flatStatuses(statuses), scopedStatuses(parts))];
      return { allowed, results, patches, warnings: [...parts.flatMap((part) => part.warnings), ...resultWarnings(results)], open: recorder.open(), read: recorder.read(), at: now.toISOString() };
    },
  };
}

/** The one place where "may it run" is computed: a refutation under Enforce denies; an unknown denies unless `failurePolicy: Ignore` may overlook all of its causes. */
export const isAllowed = (results: readonly Pick<RuleResult, "status" | "action" | "failurePolicy" | "failures" | "open">[]): boolean =>
  !results.some((result) => (result.status === "fail" && result.action === "Enforce") || (result.status === "error" && !mayOverlook(result)));

/** Whether `failurePolicy: Ignore` lets this unknown pass: every cause is an outage of an artifact or cluster question, or a variable that could not be resolved. */
export function mayOverlook(result: Pick<RuleResult, "failurePolicy" | "failures" | "open">): boolean {
  if (result.failurePolicy !== "Ignore") return false;
  const causes = result.failures.map((failure) => codeRow(failure.code)).filter((row) => row.truth !== "refuted");
  return causes.length > 0 && causes.every((row) => row.ignorable === "always" || (row.ignorable === "artifact" && result.open.every(isArtifactQuestion)));
}

interface Run {
  readonly request: AdmissionRequest;
  readonly recorder: Recorder;
  readonly verify: ReturnType<typeof createVerifyContext>;
  readonly exhaustive: boolean;
  readonly exceptions: ExceptionIndex;
  readonly settings: EngineSettings;
  readonly now: Date;
}

interface PolicyOutcome extends RuleOutcome {
  readonly policy: Policy;
  readonly byRule: Readonly<Record<string, Readonly<Record<string, ImageStatus>>>>;
}

const scopeOf = (policy: Policy): string => `${policy.namespace ?? ""}/${policy.name}`;

function decidePolicy({ policy, rules, environment }: CompiledPolicy, run: Run): PolicyOutcome {
  const outcomes: RuleOutcome[] = [];
  const byRule: Record<string, Record<string, ImageStatus>> = Object.create(null);
  if (policy.namespace !== undefined && policy.namespace !== (run.request.namespace ?? "") && !run.exhaustive) return { policy, byRule, results: [], patches: [], statuses: {}, warnings: [] };
  let request = run.request;
  const stopped = { mutate: false, validate: false };
  for (const compiled of rules) {
    const variables = new JsonContext(request, { ...environment, now: run.now });
    const outcome = decideRule(compiled, variables, { ...run, request });
    const kept = outcome.results.filter((result) => !stopped[result.pass]);
    outcomes.push({ ...outcome, results: kept, ...(stopped.mutate ? { patches: [], statuses: {}, warnings: [] } : {}) });
    if (!stopped.mutate && Object.keys(outcome.statuses).length > 0) byRule[compiled.rule.name] = { ...outcome.statuses };
    // The next rule sees the resource as this one left it.
    if (outcome.patches.length > 0 && request.object !== undefined) request = { ...request, object: applyPatches(request.object, outcome.patches) };
    if (policy.spec.applyRules === "One" && !run.exhaustive) {
      for (const pass of ["mutate", "validate"] as const) if (kept.some((result) => result.pass === pass && (result.status === "pass" || result.status === "fail"))) stopped[pass] = true;
      if (stopped.mutate && stopped.validate) break;
    }
  }
  return {
    policy,
    byRule,
    results: outcomes.flatMap((outcome) => outcome.results),
    patches: outcomes.flatMap((outcome) => outcome.patches),
    statuses: mergeStatuses(outcomes.map((outcome) => outcome.statuses)),
    warnings: outcomes.flatMap((outcome) => outcome.warnings.map((warning) => `policy ${policy.name}: ${warning}`)),
  };
}

function decideRule(compiled: CompiledRule, variables: JsonContext, run: Run): RuleOutcome {
  const { policy, rule } = compiled;
  const ruleRun: RuleRun = {
    compiled,
    request: run.request,
    action: failureActionOf(policy, rule.verifyImages, run.request),
    variables,
    knowledge: run.recorder,
    verify: run.verify,
    exhaustive: run.exhaustive,
    exceptions: () => run.exceptions.matching(policy, rule, run.request),
  };
  const nothing: RuleOutcome = { results: [], patches: [], statuses: {}, warnings: [] };
  try {
    if (!run.exhaustive && !compiled.match.matches(run.request, { assumeNoNamespaceLabels: run.settings.assumeNoNamespaceLabels ?? false })) return nothing;
    if (rule.kind === "verifyImages") return verifyRule(ruleRun);
    if (run.exhaustive) return nothing;
    return { ...nothing, results: [ruleResult(ruleRun, "validate", "skip", `a ${rule.kind} rule is not decided here`)] };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ...nothing, results: stoppedRule(ruleRun, error, "failed to match the resource") };
  }
}

/** Pass only if every rule that judged the image passed it; a failure beats a skip. */
function mergeStatuses(parts: readonly Readonly<Record<string, ImageStatus>>[]): Record<string, ImageStatus> {
  const merged: Record<string, ImageStatus> = Object.create(null);
  const rank = { pass: 1, skip: 0, fail: 2 } as const;
  for (const part of parts) for (const [image, status] of Object.entries(part)) if (merged[image] === undefined || rank[status] > rank[merged[image]]) merged[image] = status;
  return merged;
}

const flatStatuses = (parts: readonly Readonly<Record<string, ImageStatus>>[]): Record<string, ImageStatus> => mergeStatuses(parts);

function scopedStatuses(parts: readonly PolicyOutcome[]): Record<string, PolicyOutcome["byRule"]> {
  const scoped: Record<string, PolicyOutcome["byRule"]> = Object.create(null);
  for (const part of parts) if (Object.keys(part.byRule).length > 0) scoped[scopeOf(part.policy)] = part.byRule;
  return scoped;
}

const resultWarnings = (results: readonly RuleResult[]): readonly string[] => results.filter((result) => result.status !== "pass" && result.status !== "skip").map((result) => `policy ${result.policy}.${result.rule}: ${result.message}`);

/** Rules by kind, so that a request never meets a rule that cannot match its kind. */
function indexByKind(policies: readonly CompiledPolicy[]): { candidates(kind: string): readonly CompiledPolicy[] } {
  const byKind = new Map<string, CompiledPolicy[]>();
  const kinds = new Set(policies.flatMap(({ rules }) => rules.flatMap((rule) => kindsOf(rule.rule) ?? [])));
  const select = (kind: string | undefined): CompiledPolicy[] =>
    policies.flatMap((policy) => {
      const rules = policy.rules.filter((rule) => {
        const named = kindsOf(rule.rule);
        return named === undefined || (kind !== undefined && named.includes(kind));
      });
      return rules.length === 0 ? [] : [{ ...policy, rules }];
    });
  for (const kind of kinds) byKind.set(kind, select(kind));
  const others = select(undefined);
  return { candidates: (kind) => byKind.get(kind) ?? others };
}

/** Knowledge that answers each question once per decision and remembers what was read. */
class Recorder implements Knowledge {
  readonly #source: Knowledge;
  readonly #seen = new Map<string, { readonly question: Question; readonly answer: Answer | undefined }>();

  constructor(source: Knowledge) {
    this.#source = source;
  }

  answer<Q extends Question>(question: Q): ReturnType<Knowledge["answer"]> & ReturnType<typeof this.lookUp<Q>> {
    return this.lookUp(question) as never;
  }

  lookUp<Q extends Question>(question: Q) {
    const text = questionText(question);
    const seen = this.#seen.get(text);
    if (seen !== undefined) return seen.answer;
    const answer = this.#source.answer(question);
    this.#seen.set(text, { question, answer });
    return answer;
  }

  read(): readonly string[] {
    return [...this.#seen.keys()];
  }

  open(): readonly Question[] {
    return [...this.#seen.values()].filter(({ answer }) => answer === undefined || answer.state === "unavailable").map(({ question }) => question);
  }
}
