/**
 * Updates that leave every image as it was: what runs already is not decided again because somebody changes a label.
 * The conditions of the webhook configurations keep most of them away; this is for API servers that do not know
 * conditions. Source: docs/spec/kyverno.md#deciding-an-entry.
 */
import { isObject } from "../encoding/shape.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { hasPods, podGroups, podSpecOf } from "../kyverno/image/extract.ts";
import type { Policy } from "../kyverno/policy/policy.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";

const containerLists = ["containers", "initContainers", "ephemeralContainers"] as const;

interface OwnPlace {
  readonly inMetadata: boolean;
}

/**
 * Kinds of which a policy says itself where their images are, and whether that may be their metadata; by the namespace
 * of the policy, which decides nothing in another. Empty: of a policy for all.
 */
export type OwnPlaces = ReadonlyMap<string, ReadonlyMap<string, OwnPlace>>;

export function ownPlaces(policies: readonly Policy[]): OwnPlaces {
  const places = new Map<string, Map<string, OwnPlace>>();
  for (const { kind: kindOfPolicy, namespace = "", spec } of policies)
    for (const { imageExtractors = {} } of spec.rules)
      for (const [kind, extractors] of Object.entries(imageExtractors)) {
        const where = kindOfPolicy === "Policy" ? namespace : "";
        const own = places.get(where) ?? new Map<string, OwnPlace>();
        places.set(where, own);
        const inMetadata = extractors.some(({ path }) => /^[\s/]*(?:metadata|\*)\s*(?:\/|$)/.test(path));
        own.set(kind, { inMetadata: inMetadata || own.get(kind)?.inMetadata === true });
      }
  return places;
}

/** What policies for a namespace say of a kind. */
const placesOf = (own: OwnPlaces, kind: string, namespace: string): readonly OwnPlace[] =>
  [...new Set(["", namespace])].flatMap((where) => own.get(where)?.get(kind) ?? []);

export function leavesImages(
  { operation, kind, namespace = "", object, oldObject }: AdmissionRequest,
  own: OwnPlaces = new Map(),
): boolean {
  if (operation !== "UPDATE" || object === undefined || oldObject === undefined) return false;
  // Of another kind nobody knows where its images are: all but its metadata must be the same.
  const places = placesOf(own, kind.kind, namespace);
  if (!podGroups.has(kind.group) || !hasPods(kind.kind) || places.length > 0)
    return (
      !places.some(({ inMetadata }) => inMetadata) &&
      isSame({ ...object, metadata: null }, { ...oldObject, metadata: null })
    );
  const now = podSpecOf({ ...object, kind: kind.kind });
  const before = podSpecOf({ ...oldObject, kind: kind.kind });
  return now !== undefined && before !== undefined && isSame(imagesOf(now), imagesOf(before));
}

/** Name and image of every container, and the images that are volumes. */
function imagesOf(spec: JsonObject): JsonValue {
  const list = (key: string): readonly JsonValue[] => {
    const value = Object.hasOwn(spec, key) ? spec[key] : undefined;
    return Array.isArray(value) ? value : [];
  };
  const member = (value: JsonValue, key: string): JsonValue =>
    isObject(value) && Object.hasOwn(value, key) ? (value[key] as JsonValue) : null;
  return [
    ...containerLists.map((key) => list(key).map((one) => [member(one, "name"), member(one, "image")])),
    list("volumes").map((one) => [member(one, "name"), member(one, "image")]),
  ];
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, index) => isSame(one, b[index]))
    );
  const [left, right] = [a as JsonObject, b as JsonObject];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key] as JsonValue, right[key] as JsonValue))
  );
}
