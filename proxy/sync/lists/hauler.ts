/**
 * Hauler's manifests: `kind: Images`.
 * Source: docs/spec/image-lists.md#forms; https://docs.hauler.dev/docs/hauler-usage/store/sync.
 */
import type { JsonObject } from "../../../core/encoding/json.ts";
import { isObject, own, pointer, readArray, readObject, readString, textOr } from "../../../core/encoding/shape.ts";
import type { Place } from "./list-document.ts";
import { lineOf, type ListSink } from "./list-sink.ts";

export const isHauler = (apiVersion: string): boolean =>
  /^(?:content|collection)\.hauler\.cattle\.io\//.test(apiVersion);

/** The host of images that name none. */
function defaultRegistry(document: JsonObject): string | undefined {
  const metadata = own(document, "metadata");
  const annotations = isObject(metadata) ? own(metadata, "annotations") : undefined;
  const registry = isObject(annotations) ? textOr(own(annotations, "hauler.dev/registry")) : "";
  return registry === "" ? undefined : registry;
}

export function readHaulerManifest(document: JsonObject, place: Place, sink: ListSink): void {
  const kind = textOr(own(document, "kind"));
  if (kind !== "Images") {
    sink.note(`${lineOf(place(""))}: Hauler's kind ${kind === "" ? "(none)" : kind} is not read, only Images`);
    return;
  }
  const registry = defaultRegistry(document);
  let narrowed = false;
  const refused = (subject = "/spec") => place(subject);
  const images = sink.attempt(() => {
    const spec = readObject(own(document, "spec"), "/spec");
    return readArray(own(spec, "images") ?? [], "/spec/images");
  }, refused);
  for (const [index, entry] of (images ?? []).entries()) {
    const at = pointer("/spec/images", index);
    sink.attempt(() => {
      const image = readObject(entry, at);
      const name = pointer(at, "name");
      sink.image(readString(own(image, "name"), name), {}, place(name), registry);
      narrowed ||= Object.keys(image).some((key) => key !== "name");
      return true;
    }, refused);
  }
  if (narrowed)
    sink.note(
      `${lineOf(place(""))}: of Hauler's images only the name is read: all platforms are taken, and policies say who ` +
        "must have signed",
    );
}
