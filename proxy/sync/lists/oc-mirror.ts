/**
 * oc-mirror's `ImageSetConfiguration`.
 * Source: docs/spec/image-lists.md#forms; https://github.com/openshift/oc-mirror.
 */
import type { JsonObject } from "../../../core/encoding/json.ts";
import { isObject, own, pointer, readArray, readObject, readString, textOr } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import { parseReference } from "../../../core/oci/reference.ts";
import type { Place } from "./list-document.ts";
import { lineOf, type ListSink, textOfReference } from "./list-sink.ts";

export const isOcMirror = (apiVersion: string): boolean => apiVersion.startsWith("mirror.openshift.io/");

const versions = ["mirror.openshift.io/v1alpha2", "mirror.openshift.io/v2alpha1"];
const others = ["platform", "operators", "helm", "samples"];

const plain = (name: string): string => name.replace(/^docker:\/\//, "");

/** Names in a list of maps with `name`, each with its pointer. */
function namesIn(mirror: JsonObject, key: string): readonly (readonly [string, string])[] {
  const at = pointer("/mirror", key);
  return readArray(own(mirror, key) ?? [], at).map((entry, index) => {
    const here = pointer(at, index);
    const name = pointer(here, "name");
    return [plain(readString(own(readObject(entry, here), "name"), name)), name];
  });
}

export function readImageSet(document: JsonObject, place: Place, sink: ListSink): void {
  const refused = (subject = "/mirror") => place(subject);
  if (!versions.includes(textOr(own(document, "apiVersion"))) || own(document, "kind") !== "ImageSetConfiguration") {
    sink.fault(place("/apiVersion"), `of oc-mirror only ImageSetConfiguration is read, of ${versions.join(" and ")}`);
    return;
  }
  const mirror = sink.attempt(() => readObject(own(document, "mirror") ?? {}, "/mirror"), refused) ?? {};
  const blocked = new Set<string>();
  for (const [name, at] of sink.attempt(() => namesIn(mirror, "blockedImages"), refused) ?? []) {
    const reference = sink.attempt(
      () => textOfReference(parseReference(name, sink.limits)),
      () => place(at),
    );
    if (reference !== undefined) blocked.add(reference);
  }
  for (const [name, at] of sink.attempt(() => namesIn(mirror, "additionalImages"), refused) ?? [])
    if (!isBlocked(name, blocked, sink)) sink.image(name, {}, place(at));
    else sink.note(`${lineOf(place(at))}: ${name} is left out, because blockedImages names it`);
  const left = others.filter((key) => {
    const value = own(mirror, key);
    return Array.isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0;
  });
  if (left.length > 0)
    sink.note(
      `${lineOf(place("/mirror"))}: of an ImageSetConfiguration only additionalImages are read, not ${left.join(", ")}`,
    );
}

/** A name that does not parse is not blocked; it becomes a fault where it is read. */
function isBlocked(name: string, blocked: ReadonlySet<string>, { limits }: ListSink): boolean {
  if (blocked.size === 0) return false;
  try {
    return blocked.has(textOfReference(parseReference(name, limits)));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return false;
  }
}
