/** `kind: ImageList`, and a bare YAML or JSON list of the same entries. Source: docs/spec/image-lists.md#yaml. */
import type { JsonValue } from "../../../core/encoding/json.ts";
import { isObject, own, pointer, readArray, readString, refuseUnknownKeys } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Position } from "../../../core/kyverno/policy/policy.ts";
import type { ListedTags, ListSettings } from "./image-list.ts";
import { readSetting, settingNames, tagsOf } from "./entry-settings.ts";
import type { ListSink } from "./list-sink.ts";

export type Place = (pointer: string) => Position;

const topKeys: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "images"]);
const entryKeys: ReadonlySet<string> = new Set(["image", ...settingNames]);

function readTags(value: JsonValue, at: string): ListedTags["tags"] {
  if (!isObject(value)) return tagsOf(readString(value, at));
  refuseUnknownKeys(value, new Set(["glob", "range"]), at);
  const [key = "", more] = Object.keys(value);
  if (more !== undefined || key === "") throw new EngineError("malformed", "expected glob or range", { subject: at });
  const text = readString(own(value, key), pointer(at, key));
  return key === "glob" ? { glob: text } : { range: text };
}

function readEntry(value: JsonValue, at: string, place: Place, sink: ListSink): void {
  if (typeof value === "string") {
    sink.entry(value.trim(), {}, place(at));
    return;
  }
  if (!isObject(value))
    throw new EngineError("malformed", "expected a reference, or a map with image", { subject: at });
  refuseUnknownKeys(value, entryKeys, at);
  const image = readString(own(value, "image"), pointer(at, "image"));
  let settings: ListSettings = {};
  for (const name of ["expect", "refresh", "children"]) {
    const given = own(value, name);
    if (given === undefined) continue;
    const text = typeof given === "boolean" ? String(given) : readString(given, pointer(at, name));
    const read = sink.attempt(
      () => readSetting(name, text),
      () => place(pointer(at, name)),
    );
    if (read === undefined) return;
    settings = { ...settings, ...read };
  }
  const tags = own(value, "tags");
  sink.entry(image.trim(), settings, place(at), tags === undefined ? undefined : readTags(tags, pointer(at, "tags")));
}

/** `at`: where the entries stand. Each has its own fault. */
export function readEntries(value: JsonValue | undefined, at: string, place: Place, sink: ListSink): void {
  const entries = sink.attempt(
    () => readArray(value, at),
    () => place(at),
  );
  for (const [index, entry] of (entries ?? []).entries()) {
    const here = pointer(at, index);
    sink.attempt(
      () => readEntry(entry, here, place, sink),
      (subject = here) => place(subject),
    );
  }
}

export function readListDocument(value: JsonValue, place: Place, sink: ListSink): void {
  if (!isObject(value)) return;
  if (value.kind !== "ImageList" || value.apiVersion !== "sallyport.dev/v1alpha1") {
    sink.fault(place("/kind"), "a list of sallyport.dev has kind: ImageList and apiVersion: sallyport.dev/v1alpha1");
    return;
  }
  if (
    sink.attempt(
      () => [refuseUnknownKeys(value, topKeys, "")],
      (subject = "") => place(subject),
    ) !== undefined
  )
    readEntries(own(value, "images"), "/images", place, sink);
}
