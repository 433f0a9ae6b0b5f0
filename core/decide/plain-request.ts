/**
 * What plain policies read of a request, as one text: two requests with the same text are decided alike. Policies are
 * plain if they read nothing but kinds, names, labels, users, and the images where a kind of Kubernetes has them: no
 * variables, no context, no preconditions. Source: docs/architecture.md#the-memo.
 */
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { isObject, own } from "../encoding/shape.ts";
import { podSpecOf } from "../kyverno/image/extract.ts";
import type { Pass } from "../kyverno/image/result.ts";
import { imagesAnnotation, scopedAnnotation } from "../kyverno/outcome/digest-patch.ts";
import type { PolicyException } from "../kyverno/policy/exceptions.ts";
import type { MatchBlock, Policy, ResourceFilter, Rule } from "../kyverno/policy/policy.ts";
import { isAnonymous } from "../kyverno/rule/match-subject.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import { hasVariables } from "../kyverno/rule/variables.ts";

/** What policies read beside kinds, namespaces and images. */
interface Reads {
  readonly name: boolean;
  readonly labels: boolean;
  readonly annotations: boolean;
  readonly user: boolean;
}

export interface PlainRequests {
  /** Whether no more is read of any kind: no policy says itself where images are. */
  readonly ofEveryKind: boolean;
  /** The text of a request in a pass; undefined where it does not say everything that is read. */
  readonly keyOf: (request: AdmissionRequest, pass: Pass | undefined) => string | undefined;
}

/** Longer ones are of resources with dozens of images, whose decisions take much memory. */
const longestKey = 4096;

const filtersOf = (block: MatchBlock | undefined): readonly ResourceFilter[] =>
  block === undefined
    ? []
    : [...(block.any ?? []), ...(block.all ?? []), ...(block.bare === undefined ? [] : [block.bare])];

const isPlain = (rule: Rule): boolean =>
  rule.kind === "verifyImages" &&
  rule.context.length === 0 &&
  rule.preconditions === undefined &&
  rule.verifyImages.every(({ useCache }) => useCache) &&
  !hasVariables(rule.verifyImages);

/** Undefined where a policy or an exception reads more than a text can say. */
export function plainRequests(
  policies: readonly Policy[],
  exceptions: readonly PolicyException[],
): PlainRequests | undefined {
  const rules = policies.flatMap(({ spec }) => spec.rules);
  if (!rules.every(isPlain) || exceptions.some(({ conditions }) => conditions !== undefined)) return undefined;
  const filters = [
    ...rules.flatMap(({ match, exclude }) => [...filtersOf(match), ...filtersOf(exclude)]),
    ...exceptions.flatMap(({ match }) => filtersOf(match)),
  ];
  const reads: Reads = {
    name: filters.some(({ name, names }) => name !== undefined || names !== undefined),
    labels: filters.some(({ selector }) => selector !== undefined),
    annotations: filters.some(({ annotations }) => annotations !== undefined),
    user: filters.some(({ roles, clusterRoles, subjects }) => [roles, clusterRoles, subjects].some(isGiven)),
  };
  const own = new Set(rules.flatMap(({ imageExtractors = {} }) => Object.keys(imageExtractors)));
  return {
    ofEveryKind: own.size === 0,
    keyOf: (request, pass) => (own.has(request.kind.kind) ? undefined : textOf(request, pass, reads)),
  };
}

const isGiven = (value: unknown): boolean => value !== undefined;

/** The length before each part keeps texts distinct, whatever a user writes into a part. */
const part = (text: string): string => `${text.length}:${text}`;

function textOf(request: AdmissionRequest, pass: Pass | undefined, reads: Reads): string | undefined {
  const { operation, kind, subResource = "", namespace = "", name = "", object, userInfo } = request;
  if (object === undefined || operation === "DELETE" || isToldMore(request)) return undefined;
  const metadata = own(object, "metadata");
  const spec = podSpecOf(kind.kind === object.kind ? object : { ...object, kind: kind.kind });
  if (!isObject(metadata) || spec === undefined) return undefined;
  const images = imagesOf(spec);
  const written = annotationsOf(metadata);
  if (images === undefined || written === undefined) return undefined;
  let text =
    `${pass ?? "both"} ${operation} ${isAnonymous(request) ? "a" : "u"}${written}` +
    part(kind.group) +
    part(kind.version) +
    part(kind.kind) +
    part(subResource) +
    part(namespace) +
    part(namespace === "" ? json(own(metadata, "namespace")) : "") +
    images;
  if (reads.name) text += part(json([name, own(metadata, "name"), own(metadata, "generateName")]));
  if (reads.labels) text += part(json(own(metadata, "labels")));
  if (reads.annotations) text += part(json(own(metadata, "annotations")));
  if (reads.user) text += part(json([userInfo?.username, userInfo?.groups]));
  return text.length > longestKey ? undefined : text;
}

/** Null stands for what is absent: both match the same. */
const json = (value: unknown): string => JSON.stringify(value ?? null);

/** What the command line tells in place of a cluster. */
const isToldMore = (request: AdmissionRequest): boolean =>
  [
    request.roles,
    request.clusterRoles,
    request.namespaceLabels,
    request.variables,
    request.ruleVariables,
    request.byPolicy,
  ].some(isGiven);

/** Which of the annotations are there that a patch adds or replaces. */
function annotationsOf(metadata: JsonObject): string | undefined {
  const annotations = own(metadata, "annotations");
  if (annotations === undefined || annotations === null) return "-";
  if (!isObject(annotations)) return undefined;
  const has = (name: string): string => (Object.hasOwn(annotations, name) ? "1" : "0");
  return `+${has(imagesAnnotation)}${has(scopedAnnotation)}`;
}

const containerLists = ["initContainers", "containers", "ephemeralContainers"] as const;

/** Names and images in their places; undefined for a form that the walk over images refuses, or reads otherwise. */
function imagesOf(spec: JsonObject): string | undefined {
  let text = "";
  for (const list of containerLists) {
    const found = placesIn(own(spec, list), containerText);
    if (found === undefined) return undefined;
    text += `;${found}`;
  }
  const volumes = placesIn(own(spec, "volumes"), volumeText);
  return volumes === undefined ? undefined : `${text};${volumes}`;
}

function placesIn(list: JsonValue | undefined, textOfOne: (one: JsonObject) => string | undefined): string | undefined {
  if (list === undefined || list === null) return "";
  if (!Array.isArray(list)) return undefined;
  let text = "";
  for (const one of list) {
    const found = isObject(one) ? textOfOne(one) : undefined;
    if (found === undefined) return undefined;
    text += found;
  }
  return text;
}

function containerText(container: JsonObject): string | undefined {
  const name = own(container, "name");
  const image = own(container, "image") ?? "";
  return typeof name === "string" && typeof image === "string" ? part(name) + part(image) : undefined;
}

function volumeText(volume: JsonObject): string | undefined {
  const image = own(volume, "image") ?? null;
  if (image === null) return "-";
  const name = own(volume, "name");
  const reference = isObject(image) ? (own(image, "reference") ?? "") : undefined;
  return typeof name === "string" && typeof reference === "string" ? part(name) + part(reference) : undefined;
}
