/**
 * Kyverno's values and user files: what stands in for the cluster on the command line. Source:
 * docs/spec/kyverno.md#apply-command, #test-command.
 *
 *     apiVersion: cli.kyverno.io/v1alpha1
 *     kind: Values
 *     globalValues: { request.operation: UPDATE }
 *     policies:
 *       - name: check
 *         resources: [{ name: web, values: { stage: prod } }]
 *     namespaceSelector: [{ name: apps, labels: { team: a } }]
 */
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { AdmissionRequest } from "../../core/kyverno/rule/request.ts";
import type { CommandIO } from "../command.ts";
import { readDocuments, readTextFiles } from "./files.ts";

export interface Values {
  readonly globals: JsonObject;
  readonly policies: readonly {
    readonly name: string;
    readonly rules: readonly { readonly values: JsonObject }[];
    readonly resources: readonly { readonly name: string; readonly values: JsonObject }[];
  }[];
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export type RequestInfo = Pick<AdmissionRequest, "userInfo" | "roles" | "clusterRoles">;

const mapOf = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {});
const listOf = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter(isObject) : [];
const textOf = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const textsOf = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter((item) => typeof item === "string") : [];

const usage = (message: string, subject: string): EngineError => new EngineError("invalid-usage", message, { subject });

function readOne(path: string, kind: string, io: CommandIO): JsonObject {
  const [document, ...more] = readTextFiles([path], io).flatMap(readDocuments);
  if (!isObject(document) || more.length > 0) throw usage(`a file of one ${kind} document`, path);
  if (document.kind !== undefined && document.kind !== kind)
    throw usage(`kind is ${String(document.kind)}, where ${kind} is expected`, path);
  return document;
}

/** `--set a=1,b=2` and a values file; a value of `--set` wins. @throws EngineError `invalid-usage`. */
export function readValues(file: string | undefined, sets: readonly string[], io: CommandIO): Values {
  const document = file === undefined ? {} : readOne(file, "Values", io);
  const pairs = sets
    .flatMap((text) => text.split(","))
    .map((text) => {
      const at = text.indexOf("=");
      if (at <= 0) throw usage("a variable is set as name=value", text);
      return [text.slice(0, at), text.slice(at + 1)] as const;
    });
  return toValues(document, Object.fromEntries(pairs));
}

/** The values of a document, inline in a test file or a file of its own; `set` wins. */
export function toValues(document: JsonObject, set: JsonObject): Values {
  return {
    globals: { ...mapOf(document.globalValues), ...set },
    policies: listOf(document.policies).map((policy) => ({
      name: textOf(policy.name),
      rules: listOf(policy.rules).map((rule) => ({ values: mapOf(rule.values) })),
      resources: listOf(policy.resources).map((resource) => ({
        name: textOf(resource.name),
        values: mapOf(resource.values),
      })),
    })),
    namespaces: new Map(
      listOf(document.namespaceSelector).map((entry) => [
        textOf(entry.name),
        Object.fromEntries(Object.entries(mapOf(entry.labels)).map(([name, value]) => [name, String(value)])),
      ]),
    ),
  };
}

/** The user that a request is said to come from. @throws EngineError `invalid-usage`. */
export function readRequestInfo(file: string, io: CommandIO): RequestInfo {
  const document = readOne(file, "UserInfo", io);
  const { username, uid, groups, extra } = mapOf(document.userInfo);
  return {
    userInfo: {
      ...(username === undefined ? {} : { username: textOf(username) }),
      ...(uid === undefined ? {} : { uid: textOf(uid) }),
      groups: textsOf(groups),
      ...(isObject(extra) ? { extra } : {}),
    },
    roles: textsOf(document.roles),
    clusterRoles: textsOf(document.clusterRoles),
  };
}

/**
 * What the values say about one resource to one policy, or to any that they do not name: the resource's own win over
 * the rules', those over the global ones.
 */
export function variablesFor(values: Values, policy: string | undefined, resource: string): JsonObject {
  const named = values.policies.filter(({ name }) => name === policy);
  return Object.assign(
    {},
    values.globals,
    ...named.flatMap(({ rules }) => rules.map((rule) => rule.values)),
    ...named.flatMap(({ resources }) => resources.filter(({ name }) => name === resource).map((entry) => entry.values)),
  ) as JsonObject;
}
