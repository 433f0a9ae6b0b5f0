/**
 * Policies over resources, as Kyverno's command line goes through them: what `apply` and `test` share. Source:
 * docs/spec/kyverno.md#apply-command, #test-command.
 */
import {
  type AdmissionRequest,
  createEngine,
  type Decision,
  EngineError,
  type JsonObject,
  type Operation,
  type Policy,
  type PolicyException,
  requestFor,
} from "../core/index.ts";
import { applyPatches } from "../core/kyverno/outcome/apply-patches.ts";
import { nodeVerifier } from "../proxy/host/node-verifier.ts";
import type { CommandIO } from "./command.ts";
import { tellWarnings } from "./input/files.ts";
import type { OpenKnowledge } from "./input/knowledge.ts";
import { type RequestInfo, type Values, variablesFor } from "./input/values.ts";
import type { ReportedResponse } from "./render/policy-report.ts";

export interface PolicySet {
  readonly policies: readonly Policy[];
  readonly exceptions: readonly PolicyException[];
}

const usage = (message: string, subject?: string): EngineError =>
  new EngineError("invalid-usage", message, { subject });

export interface Setting extends Omit<OpenKnowledge, "close"> {
  readonly values: Values;
  readonly user: RequestInfo;
  /** What was already said about the policies, where several runs share them. */
  readonly told?: Set<string>;
}

const operations: ReadonlySet<string> = new Set(["CREATE", "UPDATE", "DELETE", "CONNECT"]);

function toRequest(resource: JsonObject, policy: string, { values, user }: Setting): AdmissionRequest {
  const request = requestFor(resource);
  const variables = variablesFor(values, policy, request.name ?? "");
  const operation = variables["request.operation"];
  const labels = values.namespaces.get(request.namespace ?? "");
  if (operation !== undefined && !operations.has(String(operation)))
    throw usage("request.operation is CREATE, UPDATE, DELETE or CONNECT", String(operation));
  return {
    ...request,
    ...user,
    ...(operation === undefined ? {} : { operation: String(operation) as Operation }),
    ...(labels === undefined ? {} : { namespaceLabels: labels }),
    variables,
  };
}

/** One response for each policy and pass that said something, as Kyverno has them. */
function toResponses(
  decision: Decision,
  policy: Policy,
  request: AdmissionRequest,
  resource: JsonObject,
): readonly ReportedResponse[] {
  const about = {
    apiVersion: String(resource.apiVersion),
    kind: request.kind.kind,
    name: request.name ?? "",
    ...(request.namespace === undefined ? {} : { namespace: request.namespace }),
  };
  const responses = (["mutate", "validate"] as const).map((pass) => ({
    policy: policy.name,
    resource: `${request.namespace ?? ""}/${request.kind.kind}/${request.name ?? ""}`,
    scored: policy.annotations["policies.kyverno.io/scored"] !== "false",
    results: decision.results.filter((result) => result.pass === pass),
    about,
    annotations: policy.annotations,
  }));
  return responses.filter(({ results }) => results.length > 0);
}

export interface Judged {
  readonly responses: readonly ReportedResponse[];
  /** Each resource as the policies leave it; one that is denied stays as it is. */
  readonly left: readonly JsonObject[];
}

const toDate = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

/** Every policy on every resource, resource by resource; each policy sees what the one before left. */
export function judge(
  { policies, exceptions }: PolicySet,
  resources: readonly JsonObject[],
  setting: Setting,
  io: CommandIO,
): Judged {
  const engines = policies.map((policy) => ({
    policy,
    engine: createEngine({
      policies: [policy],
      exceptions,
      distrust: setting.distrust,
      crypto: nodeVerifier,
      settings: { ...setting.trust, absentNamespaceLabels: "none" },
    }),
  }));
  for (const { engine } of engines) tellWarnings(engine, io, setting.told);
  const responses: ReportedResponse[] = [];
  const trustWarnings = new Set<string>();
  const left = resources.map((resource) => {
    let current = resource;
    let denied = false;
    for (const { policy, engine } of engines) {
      const request = toRequest(current, policy.name, setting);
      const decision = engine.decide(request, setting.knowledge, setting.now);
      for (const warning of decision.trustWarnings) trustWarnings.add(warning);
      setting.saw(toDate(decision.newestSignedTime));
      responses.push(...toResponses(decision, policy, request, resource));
      denied ||= !decision.allowed;
      if (decision.patches.length > 0) current = applyPatches(current, decision.patches);
    }
    return denied ? resource : current;
  });
  for (const warning of trustWarnings) io.err(`Warning: ${warning}\n`);
  return { responses, left };
}
