/**
 * The input of match and exclude blocks: names, labels and the namespace's labels, which may have to be asked for.
 * Source: docs/spec/kyverno.md#match-and-exclude.
 */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import { isObject, textOr } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { ask } from "../../knowledge/ask.ts";
import { type Knowledge, nothingKnown } from "../../knowledge/knowledge.ts";
import type { AdmissionRequest } from "./request.ts";
import type { Labels } from "./selector.ts";

export interface MatchOptions {
  /** Is asked for the namespace where a `namespaceSelector` needs labels that the request does not carry. */
  readonly knowledge?: Knowledge;
  /** `none`: absent labels mean no labels, as in Kyverno's command line, and are not asked for. Default `ask`. */
  readonly absentNamespaceLabels?: "ask" | "none";
}

export interface MatchSubject {
  readonly request: AdmissionRequest;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly namespaceLabels: () => Labels;
}

/** Whether the request says nothing of who makes it. */
export function isAnonymous({ userInfo = {}, roles = [], clusterRoles = [] }: AdmissionRequest): boolean {
  const { username = "", uid = "", groups = [], extra = {} } = userInfo;
  return (
    username === "" &&
    uid === "" &&
    [roles, clusterRoles, groups, Object.keys(extra)].every((list) => list.length === 0)
  );
}

const stringMap = (value: JsonValue | undefined): Labels => {
  const result: Record<string, string> = Object.create(null);
  if (isObject(value))
    for (const [key, text] of Object.entries(value)) if (typeof text === "string") result[key] = text;
  return result;
};

/** The resource of a request: the new one, else (DELETE) the old one. */
export const resourceOf = (request: AdmissionRequest): JsonObject | undefined => request.object ?? request.oldObject;

function askLabels(namespace: string, options: MatchOptions): Labels {
  const known = ask(options.knowledge ?? nothingKnown, {
    kind: "cluster",
    verb: "get",
    apiVersion: "v1",
    resource: "namespaces",
    name: namespace,
  });
  if (known.state === "absent")
    throw new EngineError("unresolved", `failed to get namespace ${namespace}`, { subject: namespace });
  return labelsOfNamespace(known.value);
}

/** The labels of a Namespace, as the cluster has it. */
export function labelsOfNamespace(namespace: JsonValue): Labels {
  return stringMap(isObject(namespace) ? metadataOf(namespace).labels : undefined);
}

/** What an object of Kubernetes says of itself; empty where it says nothing. */
export const metadataOf = ({ metadata }: JsonObject): JsonObject => (isObject(metadata) ? metadata : {});

/** The namespace that the resource lives in; empty for what lives in none. */
const namespaceOf = (request: AdmissionRequest, resource: JsonObject): string =>
  request.kind.kind === "Namespace" ? "" : request.namespace || textOr(metadataOf(resource).namespace);

/**
 * The labels of the resource's namespace: those of the request, else those that are asked for.
 * @throws EngineError an unknown code with the namespace's question as its subject; `unresolved` when the namespace
 * does not exist.
 */
export function namespaceLabelsOf(request: AdmissionRequest, options: MatchOptions): Labels {
  if (request.namespaceLabels !== undefined) return request.namespaceLabels;
  const namespace = namespaceOf(request, resourceOf(request) ?? {});
  return namespace === "" || options.absentNamespaceLabels === "none" ? {} : askLabels(namespace, options);
}

export function subjectOf(request: AdmissionRequest, resource: JsonObject, options: MatchOptions): MatchSubject {
  const metadata = metadataOf(resource);
  return {
    request,
    name: textOr(metadata.name, textOr(metadata.generateName)),
    namespace: namespaceOf(request, resource),
    labels: stringMap(metadata.labels),
    annotations: stringMap(metadata.annotations),
    namespaceLabels: () => namespaceLabelsOf(request, options),
  };
}
