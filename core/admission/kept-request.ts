/**
 * What is kept of a request so that it can be decided again: the images, and what policies select by. The whole object
 * is kept only where a policy reads more of it, since it may hold what nobody else should read. Source:
 * docs/spec/offline.md#re-check-list.
 */
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { isObject } from "../encoding/shape.ts";
import { podGroups, podSpecOf } from "../kyverno/image/extract.ts";
import type { PolicyException } from "../kyverno/policy/exceptions.ts";
import type { ContextEntry, MatchBlock, Policy, ResourceFilter } from "../kyverno/policy/policy.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one)) ?? "";

const filtersOf = ({ any = [], all = [], bare }: MatchBlock): readonly ResourceFilter[] => [
  ...any,
  ...all,
  ...(bare === undefined ? [] : [bare]),
];

const byAnnotations = (block: MatchBlock | undefined): boolean =>
  block !== undefined && filtersOf(block).some(({ annotations }) => annotations !== undefined);

/** Variables, and expressions. What an attestation says is read by them too, and is no part of a request. */
const anyExpression = /\{\{|"jmesPath":/;
const readsRequest = /\brequest\b|\bserviceAccountName(?:space)?\b|\bimages\b|@/;

/** A ConfigMap or an API call that is named without a variable says the same of every resource. */
const isSettled = (entry: ContextEntry): boolean => !textOf(entry).includes("{{") && entry.variable === undefined;

/** Whether a decision of these policies may depend on more of an object than its images, labels and names. */
export function readsObjects(policies: readonly Policy[], exceptions: readonly PolicyException[]): boolean {
  const ofRules = policies.some(({ spec }) =>
    spec.rules.some(
      ({ match, exclude, preconditions, context, imageExtractors, verifyImages, validate }) =>
        byAnnotations(match) ||
        byAnnotations(exclude) ||
        (preconditions !== undefined && preconditions !== null) ||
        imageExtractors !== undefined ||
        validate !== undefined ||
        !context.every(isSettled) ||
        verifyImages.some(({ attestations, ...entry }) => {
          const conditions = textOf(attestations.map((one) => one.conditions));
          const rest = attestations.map(({ conditions: _, ...one }) => one);
          return (
            anyExpression.test(textOf({ entry, rest })) || (conditions.includes("{{") && readsRequest.test(conditions))
          );
        }),
    ),
  );
  return ofRules || exceptions.some(({ match, conditions }) => conditions !== undefined || byAnnotations(match));
}

/** The members of an object that have these names, and are there. */
const only = (object: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.flatMap((name) => (Object.hasOwn(object, name) ? [[name, object[name] as JsonValue]] : [])));

const containers = ["containers", "initContainers", "ephemeralContainers"] as const;

/** A Pod's containers and volumes without all but names and images. */
function bareSpec(spec: JsonObject): JsonObject {
  const each = (list: JsonValue | undefined, names: readonly string[]): JsonValue =>
    Array.isArray(list) ? list.map((one) => (isObject(one) ? only(one, names) : one)) : (list ?? []);
  return {
    ...only(spec, ["imagePullSecrets", "serviceAccountName"]),
    ...Object.fromEntries(
      containers.flatMap((key) => (Object.hasOwn(spec, key) ? [[key, each(spec[key], ["name", "image"])]] : [])),
    ),
    ...(Object.hasOwn(spec, "volumes") ? { volumes: each(spec.volumes, ["name", "image"]) } : {}),
  };
}

const ofMetadata = ["name", "generateName", "namespace", "uid", "labels", "ownerReferences"] as const;

/** The same object around another Pod, and nothing beside the way to it; `undefined`: the Pod is not in it. */
function withSpec(object: JsonObject, found: JsonObject, bare: JsonObject): JsonObject | undefined {
  for (const key of ["spec", "template", "jobTemplate"]) {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    const kept = value === found ? bare : isObject(value) ? withSpec(value, found, bare) : undefined;
    if (kept !== undefined) return { [key]: kept };
  }
  return undefined;
}

/** The Pod that an object of the request is, or makes; `undefined`: nobody knows where its images are. */
export function knownPod(object: JsonObject, { kind }: AdmissionRequest): JsonObject | undefined {
  if (!podGroups.has(kind.group)) return undefined;
  return podSpecOf(object.kind === kind.kind ? object : { ...object, kind: kind.kind });
}

function bareObject(object: JsonObject, request: AdmissionRequest): JsonObject | undefined {
  const spec = knownPod(object, request);
  if (spec === undefined) return undefined;
  const { metadata } = object;
  return {
    ...only(object, ["apiVersion", "kind"]),
    ...(isObject(metadata) ? { metadata: only(metadata, ofMetadata) } : {}),
    ...withSpec(object, spec, bareSpec(spec)),
  };
}

const copies = ["kubectl.kubernetes.io/last-applied-configuration"];

/** Without what an API server and clients keep of it for themselves: it is the object once more. */
function wholeObject(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isObject(metadata)) return object;
  const { managedFields: _, annotations, ...rest } = metadata;
  const others = isObject(annotations)
    ? Object.fromEntries(Object.entries(annotations).filter(([name]) => !copies.includes(name)))
    : annotations;
  return { ...object, metadata: { ...rest, ...(others === undefined ? {} : { annotations: others }) } };
}

/** `whole`: with everything of the object. */
export function keptRequest(request: AdmissionRequest, whole: boolean): AdmissionRequest {
  const { object, oldObject, userInfo = {}, uid: _, dryRun: __, ...rest } = request;
  const kept = (one: JsonObject): JsonObject => (whole ? undefined : bareObject(one, request)) ?? wholeObject(one);
  const { extra: ___, ...user } = userInfo;
  return {
    ...rest,
    ...(object === undefined ? {} : { object: kept(object) }),
    ...(oldObject === undefined || !whole ? {} : { oldObject: kept(oldObject) }),
    userInfo: whole ? userInfo : user,
  };
}

export const writeKeptRequest = (request: AdmissionRequest, whole: boolean): string =>
  JSON.stringify(keptRequest(request, whole));

/** What the API server gives an object between the two requests about it. */
const givenLater: ReadonlySet<string> = new Set([
  "name",
  "uid",
  "creationTimestamp",
  "generation",
  "resourceVersion",
  "selfLink",
]);
/** The volume of a token, whose name is another one for each Pod. */
const tokenVolume = /"kube-api-access-[a-z0-9]{5}"/g;

/**
 * What was asked, but for the name and what is another one each time. Two requests of one name need not be about the
 * same object: anybody may ask for a name that is taken, or ask to begin with the same letters.
 */
export function keptContent(request: AdmissionRequest, whole: boolean): string {
  const { object: { metadata, status: _, ...object } = {}, name: __, ...rest } = keptRequest(request, whole);
  const said = isObject(metadata) ? Object.entries(metadata).filter(([name]) => !givenLater.has(name)) : [];
  return JSON.stringify({ rest, object, said }).replace(tokenVolume, '"kube-api-access"');
}

/** What {@link writeKeptRequest} wrote: who reads it has compared its digest. */
export const readKeptRequest = (text: string): AdmissionRequest => JSON.parse(text) as AdmissionRequest;
