/**
 * Policies over resources: the decisions that `apply`, `test` and `explain` share, and the responses that Kyverno's
 * command line makes of them. Source: docs/architecture.md#several-policies, docs/spec/kyverno.md#apply-command,
 * #test-command.
 */
import {
  type AdmissionRequest,
  codeRow,
  createEngine,
  type Decision,
  type Engine,
  EngineError,
  type JsonObject,
  type Policy,
  type PolicyException,
  requestFor,
  type RuleResult,
} from "../core/index.ts";
import { isObject, textOr } from "../core/encoding/shape.ts";
import { codedText } from "../core/errors.ts";
import { applyPatches } from "../core/kyverno/outcome/apply-patches.ts";
import { toFailure } from "../core/verdict.ts";
import type { EngineInput } from "../core/decide/engine-document.ts";
import type { CapturedDecision } from "../core/record/decision-record.ts";
import type { CommandIO } from "./command.ts";
import { attestationTypes } from "./input/attestation-types.ts";
import { knownLabels } from "./input/cluster-files.ts";
import type { readDistrustFiles } from "./input/distrust-file.ts";
import { placeText, problemText, tellWarnings } from "./input/files.ts";
import { pullAccessOf } from "./input/pull-access.ts";
import { atOneMoment } from "../core/knowledge/knowledge.ts";
import type { OpenKnowledge } from "./input/knowledge.ts";
import type { Recorder } from "./input/record-flags.ts";
import { countRefused, type JudgingSet } from "./input/policy-files.ts";
import type { FaultyResource, GivenResource, GivenResources } from "./input/resources.ts";
import { checkValueNames, type RequestInfo, type Values, valuesOfRequest } from "./input/values.ts";
import { counted } from "./render/count.ts";
import type { FixSettings } from "./render/fix.ts";
import type { ReportedResponse } from "./render/policy-report.ts";
import { tellProblem } from "./render/problem.ts";
import { say, warn } from "./render/say.ts";

export interface PolicySet {
  readonly policies: readonly Policy[];
  readonly exceptions: readonly PolicyException[];
  /** Names of policies that do not load, so that values for them are not reported as misspelt. */
  readonly refused?: readonly string[];
}

/** Policies and exceptions of the capsule, where none are named. */
export const policiesOf = (capsule: OpenKnowledge["capsule"]): PolicySet => {
  const { policies = [], exceptions = [] } = capsule?.engine ?? {};
  return { policies, exceptions };
};

export interface Setting extends Omit<OpenKnowledge, "close"> {
  readonly distrust: ReturnType<typeof readDistrustFiles>;
  readonly values: Values;
  readonly user: RequestInfo;
  /** Keeps the records of decisions. */
  readonly recorder?: Recorder | undefined;
  /** Warnings already shown, shared by several runs over the same policies. */
  readonly told?: Set<string>;
}

/**
 * What keeps policies from loading, each thing once, then that nothing was judged.
 * @throws EngineError with the code of the first problem.
 */
export function refusePolicies(errors: JudgingSet["errors"], io: CommandIO): void {
  const [first, ...more] = errors;
  if (first === undefined) return;
  tellProblems(more.length === 0 ? [] : errors, io);
  const refused = countRefused(errors);
  throw new EngineError(
    first.code,
    `${counted(refused, "policy does", "policies do")} not load; nothing was judged` +
      `${more.length === 0 ? `: ${problemText(first)}` : ""}`,
  );
}

/** Problems on stderr, each with its code and its place. */
export function tellProblems(errors: JudgingSet["errors"], io: CommandIO): void {
  for (const problem of errors) tellProblem({ code: problem.code, what: problemText(problem) }, io);
}

/** The request that creates the resource, with its values and cluster data. */
function toRequest(resource: JsonObject, { values, user, knowledge }: Setting): AdmissionRequest {
  const request = requestFor(resource);
  const { namespace = "" } = request;
  const labels = values.namespaces.get(namespace) ?? knownLabels(namespace, knowledge);
  return {
    ...request,
    ...user,
    ...(labels === undefined ? {} : { namespaceLabels: labels }),
    ...valuesOfRequest(values, request.name ?? ""),
  };
}

export interface Decided {
  readonly resource: JsonObject;
  /** Where it stands. */
  readonly position: GivenResource["position"];
  readonly place?: NonNullable<GivenResource["place"]>;
  readonly request: AdmissionRequest;
  readonly decision: Decision;
}

export interface AllDecided {
  readonly decided: readonly Decided[];
  /** Resources that could not be read, and those that no decision could be made about. */
  readonly faulty: readonly FaultyResource[];
}

/** One engine over all policies decides about each resource. A faulty one fails alone. Each warning is shown once. */
export async function decideAll(
  set: PolicySet,
  given: GivenResources,
  setting: Setting,
  io: CommandIO,
): Promise<AllDecided> {
  const { policies, exceptions, refused = [] } = set;
  checkValueNames(setting.values, policies, refused, given, setting.told ?? new Set(), io);
  const input: EngineInput = {
    policies,
    exceptions,
    distrust: [...setting.distrust, ...(setting.capsule?.engine.distrust ?? [])],
    limits: setting.limits,
    settings: {
      ...setting.trust,
      aliases: setting.aliases.list,
      absentNamespaceLabels: setting.cluster === undefined ? "none" : "ask",
    },
  };
  const engine = createEngine({ ...input, sawCheckpoint: setting.sawCheckpoint, crypto: setting.crypto });
  const { decide, made } = await recordingOf(engine, setting, input);
  tellWarnings(engine, io, setting.told);
  const outcomes = await Promise.all(
    given.resources.map(async ({ value: resource, position, place }): Promise<Decided | FaultyResource> => {
      try {
        const request = toRequest(resource, setting);
        const decision = await setting.settle(decide.bind(engine, request), pullAccessOf(resource));
        made(request);
        if (decision.newestSignedTime !== undefined) setting.saw(new Date(decision.newestSignedTime));
        return { resource, position, ...(place === undefined ? {} : { place }), request, decision };
      } catch (error) {
        if (!(error instanceof EngineError) || !isOfResource(error)) throw error;
        return { position, fault: error, value: resource };
      }
    }),
  );
  const decided = outcomes.filter((outcome) => "decision" in outcome);
  const faulty = [...given.faulty, ...outcomes.filter((outcome) => "fault" in outcome)];
  for (const warning of new Set(decided.flatMap(({ decision }) => decision.trustWarnings))) warn(warning, io);
  return { decided, faulty };
}

interface Recording {
  /** The engine's own, or one that keeps what it decided, of the same moment. A later one takes its place. */
  readonly decide: Engine["decide"];
  readonly made: (request: AdmissionRequest) => void;
}

/** Only who records pays for it. */
async function recordingOf(
  { decide }: Engine,
  { recorder, contentId }: Setting,
  input: EngineInput,
): Promise<Recording> {
  if (recorder === undefined) return { decide, made: () => undefined };
  const { captureDecision } = await import("../core/record/decision-record.ts");
  const { encodeEngineDocument } = await import("../core/decide/engine-document.ts");
  const engine = encodeEngineDocument(input);
  const captured = new Map<AdmissionRequest, CapturedDecision>();
  return {
    decide: (request, source, now, options) =>
      atOneMoment(source, () => {
        const decision = decide(request, source, now, options);
        captured.set(request, captureDecision(request, decision, source));
        return decision;
      }),
    made(request) {
      const one = captured.get(request);
      if (one !== undefined) recorder.add(one, engine, contentId?.());
    },
  };
}

/** Whether the resource is at fault, and not the command line, the mirror or the program. */
const isOfResource = ({ code }: EngineError): boolean => ["refuted", "unknown"].includes(codeRow(code).truth);

/** One response for each pass and policy with results, in Kyverno's order: first every mutating pass. */
function toResponses(
  policies: readonly Policy[],
  { resource, position, place = () => position, request, decision }: Decided,
): readonly ReportedResponse[] {
  const about = {
    apiVersion: String(resource.apiVersion),
    kind: request.kind.kind,
    name: request.name ?? "",
    ...(request.namespace === undefined ? {} : { namespace: request.namespace }),
  };
  const byPolicy = new Map<string, RuleResult[]>();
  for (const result of decision.results) {
    const key = keyOf(result.pass, { name: result.policy, namespace: result.policyNamespace });
    const held = byPolicy.get(key);
    if (held === undefined) byPolicy.set(key, [result]);
    else held.push(result);
  }
  const named = new Map(policies.map((policy) => [keyOf("", policy), policy]));
  return (["mutate", "validate"] as const).flatMap((pass) =>
    [...named.values()].flatMap((policy) => {
      const results = byPolicy.get(keyOf(pass, policy));
      if (results === undefined) return [];
      return [
        {
          policy: policy.name,
          resource: `${request.namespace ?? ""}/${request.kind.kind}/${request.name ?? ""}`,
          scored: policy.annotations["policies.kyverno.io/scored"] !== "false",
          results,
          about,
          manifest: place,
          annotations: policy.annotations,
          background: policy.spec.background,
        },
      ];
    }),
  );
}

const keyOf = (
  pass: string,
  { name, namespace = "" }: { readonly name: string; readonly namespace?: string | undefined },
) => `${pass} ${namespace}/${name}`;

export interface Judged {
  readonly responses: readonly ReportedResponse[];
  /** Each resource as the policies leave it; one that is denied stays as it is. */
  readonly left: ReadonlyMap<JsonObject, JsonObject>;
  readonly faulty: readonly FaultyResource[];
}

/** What the policies do to each resource, resource by resource. */
export function toJudged({ policies }: PolicySet, given: GivenResources, { decided, faulty }: AllDecided): Judged {
  const left = new Map(given.resources.map(({ value }) => [value, value]));
  for (const { resource, decision } of decided)
    if (decision.allowed && decision.patches.length > 0) left.set(resource, applyPatches(resource, decision.patches));
  return { responses: decided.flatMap((one) => toResponses(policies, one)), left, faulty };
}

/** The result in reports of a resource that could not be judged: an error without a policy. */
export function toFaultyResponse({ position, fault, value }: FaultyResource): ReportedResponse {
  const place = placeText(position);
  const metadata = isObject(value.metadata) ? value.metadata : {};
  const result: RuleResult = {
    policy: "sallyport",
    rule: "resource",
    pass: "mutate",
    status: "error",
    message: codedText(fault),
    action: "Enforce",
    failurePolicy: "Fail",
    position,
    operation: "CREATE",
    failures: [toFailure(fault, "resource", 0)],
    open: [],
  };
  const about = {
    apiVersion: textOr(value.apiVersion, "v1"),
    kind: textOr(value.kind, "Unknown"),
    name: textOr(metadata.name, place),
    ...(typeof metadata.namespace === "string" ? { namespace: metadata.namespace } : {}),
  };
  return {
    policy: "sallyport",
    resource: place,
    scored: true,
    results: [result],
    about,
    manifest: () => position,
    annotations: {},
  };
}

/** The result in reports of a policy that does not load: an error about no resource. */
export function toRefusedResponse({ policy, ...problem }: JudgingSet["errors"][number]): ReportedResponse {
  const { file, line, column, code, message } = problem;
  const position = { file, line, column };
  const name = policy ?? file;
  const result: RuleResult = {
    policy: name,
    rule: "load",
    pass: "mutate",
    status: "error",
    message: codedText(problem),
    action: "Enforce",
    failurePolicy: "Fail",
    position,
    operation: "CREATE",
    failures: [{ check: "policy", code, reason: message, stage: 0 }],
    open: [],
  };
  return { policy: name, resource: "", scored: true, results: [result], manifest: () => position, annotations: {} };
}

/** Faulty resources, for documents. */
export const toFaultyJson = (faulty: readonly FaultyResource[]) =>
  faulty.map(({ position, fault: { code, message } }) => ({ ...position, code, message }));

/** What the fix of a failure depends on, where policies decide. */
export const fixesFor = ({
  hasSource,
  online,
  store,
  snapshotOf,
  tagsOf,
  digestOf,
  knowledge,
  limits,
  capsule,
}: OpenKnowledge): FixSettings => ({
  hasSource,
  snapshotOf,
  online,
  said: { store },
  tagsOf,
  digestOf,
  byPolicy: true,
  ofCapsule: capsule !== undefined,
  typesOn: (subject) => attestationTypes(subject, knowledge, limits),
});

/** Faulty resources on stderr, each with its place. */
export function tellFaulty(faulty: readonly FaultyResource[], io: CommandIO): void {
  for (const { position, fault } of faulty)
    say(`resource ${placeText(position)} could not be judged: ${codedText(fault)}`, io);
}
