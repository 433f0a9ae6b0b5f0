/** Paths of the API server. Source: Kubernetes API reference (resource URIs, raw paths). */
import { EngineError } from "../../../core/errors.ts";
import type { ClusterQuestion } from "../../../core/knowledge/question.ts";

const wrong = (subject: string, why: string): EngineError => new EngineError("malformed", why, { subject });

/** A name in a path: what would lead elsewhere is no name. */
function step(text: string): string {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._:-]*[A-Za-z0-9])?$/.test(text)) throw wrong(text, "not a name of the API");
  return encodeURIComponent(text);
}

export interface ResourceAddress {
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  /** The plural, in lower case. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** @throws EngineError `malformed` */
export function resourcePath({ apiVersion, resource, namespace, name }: ResourceAddress): string {
  const groups = apiVersion.split("/");
  if (groups.length > 2) throw wrong(apiVersion, "not a version of the API");
  return [
    groups.length === 1 ? "/api" : "/apis",
    ...groups.map(step),
    ...(namespace === undefined ? [] : ["namespaces", step(namespace)]),
    step(resource),
    ...(name === undefined ? [] : [step(name)]),
  ].join("/");
}

/**
 * A path that a policy gives, with its query. Variables of a resource may stand in it, so a step that would lead to
 * another resource is refused, and so is a request that does not end.
 * @throws EngineError `malformed`
 */
export function rawPath(path: string): string {
  const [plain = "", query = ""] = [path.split("?")[0], path.split("?").slice(1).join("?")];
  if (!/^\/[^/]/.test(path) || /[\\#\s]|[^\x21-\x7e]/.test(path)) throw wrong(path, "not a path of the API server");
  const steps = plain.split("/").map((text) => text.replace(/%2e/gi, "."));
  if (steps.includes(".") || steps.includes("..") || /%(?:2f|5c)/i.test(plain))
    throw wrong(path, "a path with . or .., or with an encoded slash, is not asked for");
  const parameters = new URLSearchParams(query);
  for (const name of ["watch", "follow"])
    if (parameters.has(name) && !/^(?:false|0)$/i.test(parameters.get(name) ?? ""))
      throw wrong(path, `a request that does not end (${name}) is not made`);
  return path;
}

/** The path of a question. @throws EngineError `malformed` */
export function questionPath(question: ClusterQuestion): string {
  if (question.verb === "raw") return rawPath(question.path ?? "");
  if (question.verb === "get" && question.name === undefined) throw wrong(question.resource, "no name to get");
  const { apiVersion, resource, namespace, name } = question;
  return resourcePath({ apiVersion, resource, namespace, name: question.verb === "get" ? name : undefined });
}
