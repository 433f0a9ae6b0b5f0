/**
 * The request of a record. It is kept as JSON text: the order of its members can show in a decision. Source:
 * docs/spec/record.md#input, Kubernetes admission/v1.
 */
import { type JsonObject, type JsonValue, parseJson } from "../encoding/json.ts";
import {
  own,
  pointer,
  readArray,
  readObject,
  readString,
  readStringMap,
  refuseUnknownKeys,
} from "../encoding/shape.ts";
import { encodeJsonText } from "../encoding/json-text.ts";
import { EngineError } from "../errors.ts";
import type { AdmissionRequest, Operation, UserInfo } from "../kyverno/rule/request.ts";
import type { Limits } from "../limits.ts";

/** Plain JSON; what has no value is left out. */
export const encodeRequest = (request: AdmissionRequest): string => encodeJsonText(request);

const malformed = (message: string, subject: string): EngineError => new EngineError("malformed", message, { subject });

const operations: readonly Operation[] = ["CREATE", "UPDATE", "DELETE", "CONNECT"];

function readOperation(json: JsonValue | undefined, at: string): Operation {
  const found = operations.find((one) => one === json);
  if (found === undefined) throw malformed("not an operation", at);
  return found;
}

type Read<T> = (json: JsonValue, at: string) => T;

/** The members that are there, each as its reader has it. */
function readMembers(object: JsonObject, at: string, readers: Readonly<Record<string, Read<unknown>>>): object {
  refuseUnknownKeys(object, new Set(Object.keys(readers)), at);
  const found: Record<string, unknown> = {};
  for (const [key, read] of Object.entries(readers)) {
    const value = own(object, key);
    if (value !== undefined) found[key] = read(value, pointer(at, key));
  }
  return found;
}

const readTexts: Read<readonly string[]> = (json, at) =>
  readArray(json, at).map((text, index) => readString(text, pointer(at, index)));

const readUser: Read<UserInfo> = (json, at) =>
  readMembers(readObject(json, at), at, {
    username: readString,
    uid: readString,
    groups: readTexts,
    extra: readObject,
  });

/** A map that has no prototype is not what a request was made of. */
const readLabels: Read<Readonly<Record<string, string>>> = (json, at) => ({ ...readStringMap(json, at) });

const readMapOf =
  <T>(read: Read<T>): Read<Readonly<Record<string, T>>> =>
  (json, at) =>
    Object.fromEntries(
      Object.entries(readObject(json, at)).map(([name, value]) => [name, read(value, pointer(at, name))]),
    );

const readKind: Read<AdmissionRequest["kind"]> = (json, at) => {
  const object = readObject(json, at);
  refuseUnknownKeys(object, new Set(["group", "version", "kind"]), at);
  const text = (key: string): string => readString(own(object, key), pointer(at, key));
  return { group: text("group"), version: text("version"), kind: text("kind") };
};

const readFlag: Read<boolean> = (json, at) => {
  if (typeof json !== "boolean") throw malformed("neither true nor false", at);
  return json;
};

const told = { variables: readObject, ruleVariables: readMapOf(readObject), operation: readOperation };

/** @throws EngineError `malformed` with a JSON pointer below `at`, `over-limit`. */
export function parseRequest(text: string, at: string, limits: Limits): AdmissionRequest {
  const object = readObject(parseJson(text, { limits, maxBytes: limits.recordBytes, subject: at }), at);
  const request: Partial<AdmissionRequest> = readMembers(object, at, {
    uid: readString,
    operation: readOperation,
    kind: readKind,
    subResource: readString,
    namespace: readString,
    name: readString,
    object: readObject,
    oldObject: readObject,
    userInfo: readUser,
    roles: readTexts,
    clusterRoles: readTexts,
    namespaceLabels: readLabels,
    dryRun: readFlag,
    variables: readObject,
    ruleVariables: readMapOf(readObject),
    byPolicy: readMapOf((json, here) => readMembers(readObject(json, here), here, told)),
  });
  const { operation, kind } = request;
  if (operation === undefined || kind === undefined) throw malformed("a request without operation and kind", at);
  return { ...request, operation, kind };
}
