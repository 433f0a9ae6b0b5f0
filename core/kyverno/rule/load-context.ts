/**
 * Context entries of a rule: each is loaded when an expression first reads it. Source:
 * docs/spec/kyverno.md#context-entries.
 */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import { isObject, own, textOr } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { ask } from "../../knowledge/ask.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import type { ContextEntry, Policy, PolicyValue } from "../policy/policy.ts";
import { toJson } from "../policy/policy-value.ts";
import { loadImage } from "./image-data.ts";
import { replaceVariables } from "./braces.ts";
import type { JsonContext } from "./json-context.ts";
import { isIgnorance } from "./ignorance.ts";
import type { StaleTags } from "./stale-tag.ts";
import { substitute, substituteText } from "./variables.ts";

interface Loading {
  readonly context: JsonContext;
  readonly knowledge: Knowledge;
  readonly policy: Pick<Policy, "kind" | "namespace">;
  readonly stale: StaleTags | undefined;
}

/**
 * Declares a rule's context entries, in their order: a later one of the same name replaces a `variable`, and merges
 * into anything else. Nothing is loaded yet; what goes wrong is thrown by the query that reads the entry.
 * Values that the command line gives (`given`) stand in for every kind of entry but `variable`, which is
 * evaluated all the same.
 */
export function loadContext(
  entries: readonly ContextEntry[],
  context: JsonContext,
  knowledge: Knowledge,
  given: JsonObject,
  policy: Pick<Policy, "kind" | "namespace">,
  stale?: StaleTags,
): void {
  for (const [name, value] of Object.entries(given)) addPath(context, name, value);
  const roots = new Set(Object.keys(given).map((name) => splitPath(name)[0]));
  const loading: Loading = { context, knowledge, policy, stale };
  for (const entry of entries) {
    if (entry.variable !== undefined) context.defer(entry.name, () => loadVariable(entry, loading), "replace");
    else if (!roots.has(entry.name))
      context.defer(entry.name, () => named(entry, () => loadEntry(entry, loading)), "merge");
  }
}

/** The steps of `a.b."c.d"`. */
const splitPath = (name: string): readonly string[] =>
  [...name.matchAll(/"([^"]*)"|[^.]+/g)].map(([step, quoted]) => quoted ?? step);

function addPath(context: JsonContext, name: string, value: JsonValue): void {
  const [root = name, ...rest] = splitPath(name);
  context.add(
    root,
    rest.reduceRight<JsonValue>((inner, step) => ({ [step]: inner }), value),
  );
}

/** An error names the entry; an unknown keeps its question. */
function named(entry: ContextEntry, load: () => JsonValue): JsonValue {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof EngineError) || isIgnorance(error)) throw error;
    throw new EngineError(error.code, `failed to load context entry ${entry.name}: ${error.message}`, {
      subject: entry.pointer,
      cause: error,
    });
  }
}

const unresolved = (message: string, subject?: string): never => {
  throw new EngineError("unresolved", message, { subject });
};

function loadEntry(entry: ContextEntry, loading: Loading): JsonValue {
  if (entry.configMap !== undefined) return loadConfigMap(entry.configMap, loading);
  if (entry.apiCall !== undefined) return loadApiCall(entry.apiCall, loading);
  if (entry.imageRegistry !== undefined) {
    const { reference, jmesPath } = entry.imageRegistry;
    const { context, knowledge, stale } = loading;
    const { references, limits } = context;
    const image = loadImage(substituteText(reference, context), knowledge, { references, limits, stale });
    return transform(image, jmesPath, context);
  }
  if (entry.globalReference !== undefined) return loadGlobal(entry.globalReference, loading);
  return unresolved(
    "exactly one of configMap or apiCall or imageRegistry or variable is required for context entries",
    entry.pointer,
  );
}

function transform(value: JsonValue, jmesPath: string | undefined, context: JsonContext): JsonValue {
  const path = jmesPath === undefined ? "" : substituteText(jmesPath, context);
  return path === "" ? value : context.evaluateOn(path, value);
}

/** The result of `load`, or the default if it fails or gives null. An unknown is not a failure. */
function withDefault(load: () => JsonValue, otherwise: PolicyValue | undefined, context: JsonContext): JsonValue {
  if (otherwise === undefined || otherwise === null) return load();
  try {
    return load() ?? toJson(substitute(otherwise, context));
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "unresolved") throw error;
    return toJson(substitute(otherwise, context));
  }
}

/**
 * The default is there for an expression that fails, or that gives null where no value stands beside it. It has to
 * resolve in any case.
 */
function loadVariable(entry: ContextEntry, { context }: Loading): JsonValue {
  const { value, jmesPath, default: given } = entry.variable ?? {};
  const path = jmesPath === undefined ? "" : substituteText(jmesPath, context);
  const otherwise = given === undefined ? null : toJson(substitute(given, context));
  const attempt = (query: () => JsonValue): JsonValue => {
    try {
      return query();
    } catch (error) {
      if (!(error instanceof EngineError) || isIgnorance(error)) throw error;
      if (error.code === "unresolved" && otherwise !== null) return otherwise;
      throw new EngineError(
        error.code,
        `failed to apply jmespath ${path} to variable ${entry.name}: ${error.message}`,
        {
          subject: entry.pointer,
          cause: error,
        },
      );
    }
  };
  const output = (): JsonValue => {
    if (value === undefined) return path === "" ? otherwise : (attempt(() => context.query(path)) ?? otherwise);
    const known = toJson(substitute(value, context));
    return path === "" ? known : attempt(() => context.evaluateOn(path, known));
  };
  return (
    output() ??
    unresolved(`failed to add context entry for variable ${entry.name} since it evaluated to nil`, entry.pointer)
  );
}

/** A namespaced policy reads its own namespace only. */
function loadConfigMap(
  given: NonNullable<ContextEntry["configMap"]>,
  { context, knowledge, policy }: Loading,
): JsonValue {
  const name = substituteText(given.name, context);
  const home = policy.namespace || "default";
  const namespace = (given.namespace === undefined ? "" : substituteText(given.namespace, context)) || home;
  if (policy.kind === "Policy" && namespace !== home)
    return unresolved(`a policy of namespace ${home} may not read configmap ${namespace}/${name}`);
  const known = ask(knowledge, {
    kind: "cluster",
    verb: "get",
    apiVersion: "v1",
    resource: "configmaps",
    namespace,
    name,
  });
  if (known.state === "absent" || !isObject(known.value))
    return unresolved(`failed to get configmap ${namespace}/${name} : configmaps "${name}" not found`);
  return { data: own(known.value, "data") ?? null, metadata: own(known.value, "metadata") ?? null };
}

/**
 * Whether a path is of one namespace. It is asked for with the rights of whoever decides, which are more than those of
 * whoever wrote the policy; what is encoded could lead elsewhere.
 */
function isPathOf(namespace: string, path: string): boolean {
  const [plain = ""] = path.split("?");
  const steps = plain.split("/").slice(1);
  const [root] = steps;
  const at = root === "api" ? 2 : root === "apis" ? 3 : undefined;
  return (
    at !== undefined &&
    steps[at] === "namespaces" &&
    steps[at + 1] === namespace &&
    // Who may write a policy may not read every Secret of the namespace, nor have others asked by the API server.
    steps[at + 2] !== "secrets" &&
    steps[at + 4] !== "proxy" &&
    !plain.includes("%") &&
    steps.every((step) => step !== "" && step !== "." && step !== "..")
  );
}

/** The steps and parameters of a path, whatever they are. */
const outline = (path: string): string => path.replace(/[^/?&]+/g, "x");

/** A path is as it is written, and what a resource says a part of one step; one that begins with a variable is any. */
const isAsWritten = (written: string, path: string): boolean =>
  !written.startsWith("/") || outline(replaceVariables(written, () => "x")) === outline(path);

/** A path of the API server is a question. Services and POST cannot be asked here, so they stay open. */
function loadApiCall(call: NonNullable<ContextEntry["apiCall"]>, { context, knowledge, policy }: Loading): JsonValue {
  if (call.service !== undefined)
    throw new EngineError("not-in-mirror", "a call to a service is not made", { subject: "service call" });
  const written = call.urlPath ?? "";
  const path = substituteText(written, context);
  if (call.method !== "GET")
    throw new EngineError("not-in-mirror", `a ${call.method} of ${path} is not made`, {
      subject: `${call.method} ${path}`,
    });
  const home = policy.namespace || "default";
  const isForeign = policy.kind === "Policy" && !isPathOf(home, path);
  const get = (): JsonValue =>
    isForeign
      ? unresolved(`a policy of namespace ${home} may not ask for ${path}`)
      : isAsWritten(written, path)
        ? getPath(path, knowledge)
        : unresolved(`a variable leads away from ${written}, to ${path}`);
  return withDefault(() => transform(get(), call.jmesPath, context), call.default, context);
}

function getPath(path: string, knowledge: Knowledge): JsonValue {
  if (!path.startsWith("/")) return unresolved(`a path of the API server begins with a slash: ${path}`);
  const known = ask(knowledge, { kind: "cluster", verb: "raw", apiVersion: "", resource: "", path });
  return known.state === "absent" ? unresolved(`failed to GET resource with raw url: ${path}: not found`) : known.value;
}

const globalApi = "kyverno.io/v2alpha1";

/**
 * A GlobalContextEntry stands for a list of resources, or for a GET; either is asked for once the entry itself is
 * known.
 */
function loadGlobal(
  { name: text, jmesPath }: NonNullable<ContextEntry["globalReference"]>,
  { context, knowledge }: Loading,
): JsonValue {
  const name = substituteText(text, context);
  const known = ask(knowledge, {
    kind: "cluster",
    verb: "get",
    apiVersion: globalApi,
    resource: "globalcontextentries",
    name,
  });
  const spec = known.state === "present" && isObject(known.value) ? known.value.spec : undefined;
  if (!isObject(spec)) return unresolved(`failed to get global context entry ${name}: not found`);
  return transform(readGlobal(name, spec, knowledge), jmesPath, context);
}

function readGlobal(name: string, spec: JsonObject, knowledge: Knowledge): JsonValue {
  const { kubernetesResource: resource, apiCall: call } = spec;
  const text = (object: JsonObject, key: string): string => textOr(own(object, key));
  if (isObject(resource)) {
    const [group, version, namespace] = [
      text(resource, "group"),
      text(resource, "version"),
      text(resource, "namespace"),
    ];
    const apiVersion = group === "" ? version : `${group}/${version}`;
    const known = ask(knowledge, {
      kind: "cluster",
      verb: "list",
      apiVersion,
      resource: text(resource, "resource"),
      ...(namespace === "" ? {} : { namespace }),
    });
    if (known.state === "absent") return [];
    return isObject(known.value) && Array.isArray(known.value.items) ? known.value.items : known.value;
  }
  if (isObject(call) && text(call, "urlPath") !== "" && (text(call, "method") || "GET") === "GET")
    return getPath(text(call, "urlPath"), knowledge);
  throw new EngineError("not-in-mirror", `the global context entry ${name} calls a service`, {
    subject: `global context entry ${name}`,
  });
}
