/**
 * Which resources an API server has. Source: Kubernetes' documentation of API discovery (aggregated, and by group).
 */
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { isObject, textOr } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import type { ApiServer } from "./api-server.ts";

export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface Discovered {
  /** Those that can be listed; versions of a group in the order that the server prefers. */
  readonly resources: readonly ApiResource[];
  /** `group/version` of those whose own server did not answer. */
  readonly unavailable: readonly string[];
}

const aggregated = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat("application/json")
  .join(",");
const doing = "read which resources there are";

/** Two requests; a server before 1.27 is asked for each group. */
export async function discover(server: ApiServer, limits: Limits, signal: AbortSignal): Promise<Discovered> {
  const read = async (path: string, accept?: string): Promise<JsonValue> => {
    const request = { path, doing, maxBytes: limits.resourceBytes, ...(accept === undefined ? {} : { accept }) };
    const answer = await server.get(request, signal);
    if (answer.state !== "found") throw new EngineError("upstream-error", "it is not there", { subject: path });
    return answer.json;
  };
  const resources: ApiResource[] = [];
  const unavailable: string[] = [];
  for (const root of ["/api", "/apis"]) {
    const answer = await read(root, aggregated);
    if (isObject(answer) && answer.kind === "APIGroupDiscoveryList") {
      readAggregated(answer, resources, unavailable);
      continue;
    }
    for (const version of versionsIn(answer)) {
      try {
        readByGroup(version, await read(`${root}/${version}`), resources);
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== "upstream-error") throw error;
        unavailable.push(version);
      }
    }
  }
  return { resources, unavailable };
}

const list = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter(isObject) : [];
const canList = (verbs: JsonValue | undefined): boolean =>
  Array.isArray(verbs) && (verbs as readonly JsonValue[]).includes("list");

function readAggregated(answer: JsonObject, resources: ApiResource[], unavailable: string[]): void {
  for (const { metadata, versions } of list(answer.items)) {
    const group = isObject(metadata) ? textOr(metadata.name) : "";
    for (const { version, freshness, resources: own } of list(versions)) {
      if (freshness === "Stale") unavailable.push(group === "" ? textOr(version) : `${group}/${textOr(version)}`);
      for (const { resource, responseKind, scope, verbs } of list(own))
        if (canList(verbs) && isObject(responseKind))
          resources.push({
            group,
            version: textOr(version),
            kind: textOr(responseKind.kind),
            plural: textOr(resource),
            namespaced: scope === "Namespaced",
          });
    }
  }
}

/** `v1`, or `group/version`. */
function versionsIn(answer: JsonValue): readonly string[] {
  if (!isObject(answer)) return [];
  if (Array.isArray(answer.versions)) return (answer.versions as readonly JsonValue[]).map((one) => textOr(one));
  return list(answer.groups).flatMap(({ versions }) => list(versions).map(({ groupVersion }) => textOr(groupVersion)));
}

function readByGroup(groupVersion: string, answer: JsonValue, resources: ApiResource[]): void {
  if (!isObject(answer) || answer.kind !== "APIResourceList")
    throw new EngineError("upstream-error", "its answer is not a list of resources", { subject: groupVersion });
  const [version = "", group = ""] = groupVersion.split("/").reverse();
  for (const { name, kind, namespaced, verbs } of list(answer.resources))
    if (canList(verbs) && !textOr(name).includes("/"))
      resources.push({ group, version, kind: textOr(kind), plural: textOr(name), namespaced: namespaced === true });
}
