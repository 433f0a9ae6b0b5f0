/**
 * Policies over resources: the decisions that `apply`, `test` and `explain` share, and the responses that Kyverno's
 * command line makes of them. Source: docs/architecture.md#several-policies, docs/spec/kyverno.md#apply-command,
 * #test-command.
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
  type RuleResult,
} from "../core/index.ts";
import { applyPatches } from "../core/kyverno/outcome/apply-patches.ts";
import { nodeVerifier } from "../proxy/host/node-verifier.ts";
import type { CommandIO } from "./command.ts";
import type { readDistrustFiles } from "./input/distrust-file.ts";
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
  readonly distrust: ReturnType<typeof readDistrustFiles>;
  readonly values: Values;
  readonly user: RequestInfo;
  /** What was already said about the policies, where several runs share them. */
  readonly told?: Set<string>;
}

const operations: ReadonlySet<string> = new Set(["CREATE", "UPDATE", "DELETE", "CONNECT"]);

/** The request that creates the resource, with what the values file says of it. */
function toRequest(resource: JsonObject, { values, user }: Setting): AdmissionRequest {
  const request = requestFor(resource);
  const labels = values.namespaces.get(request.namespace ?? "");
  const names = [...new Set(values.policies.map(({ name }) => name))];
  const said = (policy?: string) => toldBy(variablesFor(values, policy, request.name ?? ""));
  return {
    ...request,
    ...user,
    ...(labels === undefined ? {} : { namespaceLabels: labels }),
    ...said(),
    ...(names.length === 0 ? {} : { byPolicy: Object.fromEntries(names.map((name) => [name, said(name)])) }),
  };
}

/** `request.operation` among the values is the operation of the request. */
function toldBy(variables: JsonObject): Pick<AdmissionRequest, "variables"> & { readonly operation?: Operation } {
  const operation = variables["request.operation"];
  if (operation === undefined) return { variables };
  if (!operations.has(String(operation)))
    throw usage("request.operation is CREATE, UPDATE, DELETE or CONNECT", String(operation));
  return { operation: String(operation) as Operation, variables };
}

export interface Decided {
  readonly resource: JsonObject;
  readonly request: AdmissionRequest;
  readonly decision: Decision;
}

/** One engine over all policies decides about each resource. Warnings are told once. */
export function decideAll(
  { policies, exceptions }: PolicySet,
  resources: readonly JsonObject[],
  setting: Setting,
  io: CommandIO,
): readonly Decided[] {
  const engine = createEngine({
    policies,
    exceptions,
    distrust: setting.distrust,
    crypto: nodeVerifier,
    settings: { ...setting.trust, absentNamespaceLabels: "none" },
  });
  tellWarnings(engine, io, setting.told);
  const decided = resources.map((resource) => {
    const request = toRequest(resource, setting);
    const decision = engine.decide(request, setting.knowledge, setting.now);
    if (decision.newestSignedTime !== undefined) setting.saw(new Date(decision.newestSignedTime));
    return { resource, request, decision };
  });
  for (const warning of new Set(decided.flatMap(({ decision }) => decision.trustWarnings)))
    io.err(`Warning: ${warning}\n`);
  return decided;
}

/** One response for each pass and policy that said something, in Kyverno's order: first every mutating pass. */
function toResponses(
  policies: readonly Policy[],
  { resource, request, decision }: Decided,
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
          annotations: policy.annotations,
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
  readonly left: readonly JsonObject[];
}

/** Every policy on every resource, resource by resource. */
export function judge(set: PolicySet, resources: readonly JsonObject[], setting: Setting, io: CommandIO): Judged {
  const decided = decideAll(set, resources, setting, io);
  return {
    responses: decided.flatMap((one) => toResponses(set.policies, one)),
    left: decided.map(({ resource, decision }) =>
      decision.allowed && decision.patches.length > 0 ? applyPatches(resource, decision.patches) : resource,
    ),
  };
}
