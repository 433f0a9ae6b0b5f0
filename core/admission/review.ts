/**
 * What an API server asks a webhook, and how it is answered. Source: Kubernetes admission/v1,
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request.
 */
import type { Decision } from "../decide/engine.ts";
import { encodeBase64 } from "../encoding/base64.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { withoutLoneEscapes } from "../encoding/json-text.ts";
import { isObject } from "../encoding/shape.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { AdmissionRequest, Operation, UserInfo } from "../kyverno/rule/request.ts";
import type { Limits } from "../limits.ts";

export interface Review {
  readonly uid: string;
  /** @throws EngineError `malformed`, `over-limit`. */
  readonly request: () => AdmissionRequest;
}

export interface Refusal {
  readonly message: string;
  /** The status code that the client of the API server gets. Default 403. */
  readonly code?: number;
  /** Seconds after which the client may try again. */
  readonly retryAfter?: number;
}

export interface ReviewAnswer {
  /** Absent: it is admitted. */
  readonly refused?: Refusal;
  readonly patches?: Decision["patches"];
  readonly warnings?: readonly string[];
}

const operations: ReadonlySet<string> = new Set<Operation>(["CREATE", "UPDATE", "DELETE", "CONNECT"]);
const apiVersion = "admission.k8s.io/v1";

const malformed = (at: string, what: string): EngineError => new EngineError("malformed", what, { subject: at });

/**
 * Reads a review. The API server made its JSON, so keys are not looked at twice; its depth is bounded, since a user
 * chose the resource in it. Its id is read before anything that a user chose: what has no answer with its id, an API
 * server admits where its configuration lets it. `limits` is `bounded` where its depth is bounded already.
 * @throws EngineError `malformed` where there is no id to answer to.
 */
export function readReview(body: string, limits: Pick<Limits, "jsonDepth"> | "bounded"): Review {
  let review: unknown;
  try {
    // So a record of it reads as the same request again.
    review = JSON.parse(withoutLoneEscapes(body));
  } catch (error) {
    throw new EngineError("malformed", "the review is not JSON", { subject: "AdmissionReview", cause: error });
  }
  if (!isObject(review as JsonValue) || (review as JsonObject).kind !== "AdmissionReview")
    throw malformed("/kind", "expected an AdmissionReview");
  const { apiVersion: version, request } = review as JsonObject;
  if (version !== apiVersion) throw malformed("/apiVersion", `expected ${apiVersion}`);
  if (!isObject(request)) throw malformed("/request", "expected an object");
  return {
    uid: text(request.uid, "uid"),
    request: () => {
      if (limits !== "bounded") checkDepth(request, limits.jsonDepth - 1);
      return toRequest(request);
    },
  };
}

function checkDepth(value: JsonValue, left: number): void {
  if (typeof value !== "object" || value === null) return;
  if (left === 0)
    throw new EngineError("over-limit", "the review is nested too deeply", { subject: "AdmissionReview" });
  if (Array.isArray(value)) for (const one of value) checkDepth(one, left - 1);
  else for (const key in value) checkDepth((value as JsonObject)[key] as JsonValue, left - 1);
}

function toRequest(request: JsonObject): AdmissionRequest {
  const { kind, operation, object, oldObject, userInfo, dryRun } = request;
  if (!isObject(kind)) throw malformed("/request/kind", "expected an object");
  if (typeof operation !== "string" || !operations.has(operation))
    throw malformed("/request/operation", "expected CREATE, UPDATE, DELETE or CONNECT");
  // A request without an object has no image to judge, and would pass.
  if ((operation === "CREATE" || operation === "UPDATE") && !isObject(object))
    throw malformed("/request/object", "expected an object");
  const subResource = text(request.subResource, "subResource", "");
  const namespace = text(request.namespace, "namespace", "");
  const name = text(request.name, "name", "") || nameIn(object);
  // Members one after the other: spreads in a literal take longer than all else here.
  const read: { -readonly [Key in keyof AdmissionRequest]: AdmissionRequest[Key] } = {
    uid: text(request.uid, "uid"),
    operation: operation as Operation,
    kind: {
      group: text(kind.group, "group", ""),
      version: text(kind.version, "version"),
      kind: text(kind.kind, "kind"),
    },
  };
  if (subResource !== "") read.subResource = subResource;
  if (namespace !== "") read.namespace = namespace;
  if (name !== "") read.name = name;
  if (isObject(object)) read.object = object;
  if (isObject(oldObject)) read.oldObject = oldObject;
  if (isObject(userInfo)) read.userInfo = readUser(userInfo);
  if (dryRun === true) read.dryRun = dryRun;
  return read;
}

function readUser(user: JsonObject): UserInfo {
  const { groups, extra } = user;
  const uid = text(user.uid, "uid", "");
  if (groups !== undefined && groups !== null && !Array.isArray(groups))
    throw malformed("/request/userInfo/groups", "expected a list");
  const read: { -readonly [Key in keyof UserInfo]: UserInfo[Key] } = { username: text(user.username, "username", "") };
  if (uid !== "") read.uid = uid;
  if (Array.isArray(groups)) read.groups = groups.filter((group) => typeof group === "string");
  if (isObject(extra)) read.extra = extra;
  return read;
}

/** The name of an object, or what the API server will make one from. */
function nameIn(object: JsonValue | undefined): string {
  const metadata = isObject(object) ? object.metadata : undefined;
  if (!isObject(metadata)) return "";
  return text(metadata.name, "name", "") || text(metadata.generateName, "generateName", "");
}

/** `value` is read without a look at whose it is: no prototype has a member of that name. */
function text(value: JsonValue | undefined, key: string, fallback?: string): string {
  if (typeof value === "string") return value;
  if (fallback !== undefined && (value === undefined || value === null)) return fallback;
  throw malformed(`/request/${key}`, "expected a text");
}

/** Patches as they are sent: those of a decision that is remembered are the same list each time. */
const rendered = new WeakMap<Decision["patches"], string>();

function patchText(patches: Decision["patches"]): string {
  const held = rendered.get(patches);
  if (held !== undefined) return held;
  const text = encodeBase64(encodeUtf8(JSON.stringify(patches)));
  rendered.set(patches, text);
  return text;
}

/** The answer to the review with this id, as JSON text. */
export function renderAnswer(uid: string, { refused, patches = [], warnings = [] }: ReviewAnswer): string {
  const head = `{"apiVersion":"${apiVersion}","kind":"AdmissionReview","response":{"uid":${JSON.stringify(uid)}`;
  const said = warnings.length === 0 ? "" : `,"warnings":${JSON.stringify(warnings)}`;
  if (refused !== undefined) return `${head},"allowed":false${said},"status":${JSON.stringify(statusOf(refused))}}}`;
  const patch = patches.length === 0 ? "" : `,"patchType":"JSONPatch","patch":"${patchText(patches)}"`;
  return `${head},"allowed":true${said}${patch}}}`;
}

/** Kubernetes' Status. Without a reason, clients show the message as the documentation has it. */
function statusOf({ message, code, retryAfter }: Refusal): JsonObject {
  return {
    status: "Failure",
    message,
    ...(code === undefined ? {} : { code }),
    ...(retryAfter === undefined ? {} : { reason: "TooManyRequests", details: { retryAfterSeconds: retryAfter } }),
  };
}
