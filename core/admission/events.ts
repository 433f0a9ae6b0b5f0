/**
 * Events of Kubernetes about decisions, with Kyverno's reasons and words. Source:
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/.
 */
import { digestOf } from "../crypto/digest.ts";
import type { JsonObject } from "../encoding/json.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import type { RuleResult } from "../kyverno/image/result.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import { shownName } from "./denial.ts";

/** An object that an Event is about. */
export interface EventObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
}

/** Before it has a time. */
export interface EventFacts {
  readonly regarding: EventObject;
  readonly related?: EventObject;
  readonly reason: "PolicyViolation" | "PolicyError";
  readonly action: "Resource Blocked" | "Resource Passed";
  readonly note: string;
}

/** Bounds of the API. */
const noteLength = 1024;
const nameLength = 200;
const instanceLength = 128;
/** A name that the API takes; an object that has none is not there. */
const name = /^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/i;
/** Nobody has looked at these texts yet, and Events wait and are remembered: nothing longer is part of one. */
const textLength = 253;
const isShort = (text: unknown): text is string => typeof text === "string" && text.length <= textLength;

const reasonOf = ({ status }: RuleResult): EventFacts["reason"] =>
  status === "error" ? "PolicyError" : "PolicyViolation";

/** The object of a request; where it has no name yet, what made it; `undefined`: neither can be named. */
function objectOf({ kind, namespace, name: asked = "", object }: AdmissionRequest): EventObject | undefined {
  if (![kind.group, kind.version, kind.kind, namespace ?? ""].every(isShort)) return undefined;
  const metadata = (object?.metadata ?? {}) as {
    readonly name?: unknown;
    readonly uid?: unknown;
    readonly ownerReferences?: unknown;
  };
  if (typeof metadata.name === "string" && isShort(asked) && name.test(asked))
    return {
      apiVersion: kind.group === "" ? kind.version : `${kind.group}/${kind.version}`,
      kind: kind.kind,
      name: asked,
      namespace,
      ...(isShort(metadata.uid) ? { uid: metadata.uid } : {}),
    };
  const owners = (Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : []) as readonly Partial<
    Record<string, unknown>
  >[];
  const owner = owners.find((one) => one?.controller === true);
  return isShort(owner?.apiVersion) && isShort(owner.kind) && isShort(owner.name)
    ? {
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: owner.name,
        namespace,
        ...(isShort(owner.uid) ? { uid: owner.uid } : {}),
      }
    : undefined;
}

const policyObject = ({ policy, policyNamespace: namespace }: RuleResult): EventObject => ({
  apiVersion: "kyverno.io/v1",
  kind: namespace === undefined ? "ClusterPolicy" : "Policy",
  name: policy,
  namespace,
});

const resourceWords = ({ kind, namespace, name: asked = "" }: AdmissionRequest): string =>
  `${kind.kind} ${shownName(namespace === undefined ? asked : `${namespace}/${asked}`)}`;

/** Of a request that was denied: one for each rule that did not pass, about its policy, since there is no resource. */
export function denialEvents(request: AdmissionRequest, results: readonly RuleResult[]): readonly EventFacts[] {
  const related = objectOf(request);
  return results
    .filter(({ status }) => status === "fail" || status === "error")
    .map((result) => ({
      regarding: policyObject(result),
      ...(related === undefined ? {} : { related }),
      reason: reasonOf(result),
      action: "Resource Blocked",
      note: cut(
        `${resourceWords(request)}: [${result.rule}] ${result.status} (blocked); ${result.message}`,
        noteLength,
      ),
    }));
}

/** Of a resource that is there though a rule did not pass: under Audit, or overlooked by `failurePolicy: Ignore`. */
export function violationEvents(request: AdmissionRequest, results: readonly RuleResult[]): readonly EventFacts[] {
  const regarding = objectOf(request);
  if (regarding === undefined) return [];
  return results
    .filter(({ status }) => status === "fail" || status === "error")
    .map((result) => ({
      regarding,
      related: policyObject(result),
      reason: reasonOf(result),
      action: "Resource Passed",
      note: cut(`policy ${result.policy}/${result.rule} ${result.status}: ${result.message}`, noteLength),
    }));
}

/** Of a resource that was let in undecided, and that a policy refutes now. */
export function refutedEvents(
  request: AdmissionRequest,
  { policy, code, message }: { readonly policy: string; readonly code: string; readonly message: string },
): readonly EventFacts[] {
  const regarding = objectOf(request);
  if (regarding === undefined) return [];
  const note = `policy ${policy} fail: [${code}] it was let in undecided and may be running; ${message}`;
  return [{ regarding, reason: "PolicyViolation", action: "Resource Passed", note: cut(note, noteLength) }];
}

/** Another text than the one that was cut, which then need not stay in memory. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const characters = [...text.slice(0, 2 * most)];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** What makes two Events the same, if they are not far apart. */
export const eventKey = ({ regarding, related, reason, note }: EventFacts): string =>
  JSON.stringify([regarding.kind, regarding.namespace, regarding.name, related?.name, reason, note]);

const reference = ({ uid, namespace, ...rest }: EventObject): JsonObject => ({
  ...rest,
  ...(namespace === undefined ? {} : { namespace }),
  ...(uid === undefined ? {} : { uid }),
});

/** As Kubernetes names Events: the object, and what makes this one another than others about it. */
function eventName(facts: EventFacts, at: Date): string {
  const plain = facts.regarding.name.toLowerCase().replaceAll(/[^-a-z0-9.]/g, "-");
  const base = plain
    .slice(0, nameLength)
    .replace(/^[-.]+/, "")
    .replace(/[-.]+$/, "");
  const hash = digestOf(encodeUtf8(`${at.toISOString()} ${eventKey(facts)}`)).slice("sha256:".length);
  return `${base === "" ? "object" : base}.${hash.slice(0, 16)}`;
}

/** As it is created. `instance`: who says it. An Event about what is in no namespace is in `default`. */
export function toEvent(facts: EventFacts, at: Date, instance: string): JsonObject {
  const { regarding, related, reason, action, note } = facts;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: {
      name: eventName(facts, at),
      namespace: regarding.namespace ?? "default",
    },
    eventTime: at.toISOString().replace("Z", "000Z"),
    type: "Warning",
    reason,
    action,
    note,
    regarding: reference(regarding),
    ...(related === undefined ? {} : { related: reference(related) }),
    reportingController: "sallyport.dev/admission",
    reportingInstance: instance.slice(0, instanceLength) || "sallyport",
  };
}
