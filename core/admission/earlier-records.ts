/**
 * What an earlier webhook of the same request recorded of verified images. An API server calls a webhook for each
 * failure policy, and each webhook knows only its own policies. The later one's patch alone would replace what the
 * earlier one recorded, so both are merged. Source: docs/spec/kyverno.md#digest-patch.
 */
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { isObject, own, pointer } from "../encoding/shape.ts";
import {
  annotationTexts,
  flatStatuses,
  type ImageStatus,
  imagesAnnotation,
  type PatchOperation,
  scopedAnnotation,
  statusRank,
} from "../kyverno/outcome/digest-patch.ts";
import type { Policy } from "../kyverno/policy/policy.ts";

type Records = Map<string, Map<string, Map<string, ImageStatus>>>;

function within<T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const inner = map.get(key) ?? new Map<string, T>();
  map.set(key, inner);
  return inner;
}

const placeOf = (name: string): string => pointer("/metadata/annotations", name);

/** Skips what has another form: users can write anything into an annotation. */
function recordsIn(text: JsonValue | undefined): Records {
  const records: Records = new Map();
  for (const [policy, rules] of membersOf(own(parsed(text), "policies")))
    for (const [rule, images] of membersOf(rules))
      for (const [image, status] of membersOf(images))
        if (typeof status === "string" && Object.hasOwn(statusRank, status))
          within(within(records, policy), rule).set(image, status as ImageStatus);
  return records;
}

const membersOf = (value: JsonValue | undefined): readonly (readonly [string, JsonValue])[] =>
  isObject(value) ? Object.entries(value) : [];

function parsed(text: JsonValue | undefined): JsonObject {
  if (typeof text !== "string") return {};
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/**
 * All names and digests in a text. A set is quick to look up: a user chooses how long the resource is, and how many
 * images its annotation names.
 */
const wordsIn = (text: string): ReadonlySet<string> => new Set(text.match(/[\w.-]+/g));

/**
 * Whether the object still has the image: its digest, since one that is recorded with it was pinned or is pinned now;
 * else the last part of its name. That may find another image of such a name, and then a record stays too long. No
 * decision trusts it.
 */
function isThere(image: string, words: ReadonlySet<string>): boolean {
  const [name = "", digest] = image.split("@");
  return words.has((digest?.split(":")[1] ?? name.slice(name.lastIndexOf("/") + 1).split(":")[0]) as string);
}

/**
 * The patches, with what the object already records of the other policies about images that it still has. A new record
 * of a policy replaces its older one. Records in the name of anybody else are dropped.
 */
export function withEarlierRecords(
  object: JsonObject | undefined,
  patches: readonly PatchOperation[],
  others: readonly Policy[],
): readonly PatchOperation[] {
  const metadata = object === undefined ? undefined : own(object, "metadata");
  const annotations = isObject(metadata) ? own(metadata, "annotations") : undefined;
  const held = isObject(annotations) ? own(annotations, scopedAnnotation) : undefined;
  const written = patches.find(({ path }) => path === placeOf(scopedAnnotation));
  if (object === undefined || held === undefined || written === undefined || others.length === 0) return patches;
  const names = new Set(others.map(({ namespace = "", name }) => `${namespace}/${name}`));
  const records = recordsIn(written.value);
  const words = wordsIn(JSON.stringify([{ ...object, metadata: null }, patches.filter((patch) => patch !== written)]));
  for (const [policy, rules] of recordsIn(held))
    for (const [rule, images] of names.has(policy) ? rules : [])
      for (const [image, status] of images) {
        if (!isThere(image, words)) continue;
        const kept = within(within(records, policy), rule);
        kept.set(image, kept.get(image) ?? status);
      }
  const texts = annotationTexts(flatStatuses(records.values()), records);
  return patches.map((patch) => {
    if (patch === written) return { ...patch, value: texts[scopedAnnotation] };
    return patch.path === placeOf(imagesAnnotation) ? { ...patch, value: texts[imagesAnnotation] } : patch;
  });
}
