/**
 * `zarf.yaml`: the images of each component.
 * Source: docs/spec/image-lists.md#forms; https://docs.zarf.dev/ref/components/.
 */
import type { JsonObject } from "../../../core/encoding/json.ts";
import { isObject, own, pointer, readArray, readObject, readString, textOr } from "../../../core/encoding/shape.ts";
import type { Place } from "./list-document.ts";
import { lineOf, type ListSink } from "./list-sink.ts";

/** What else a component brings, and what Zarf itself lists the images of. */
const others = ["charts", "manifests", "repos", "files", "dataInjections", "imageArchives"];

export function readZarfPackage(document: JsonObject, place: Place, sink: ListSink): void {
  const refused = (subject = "/components") => place(subject);
  const components = sink.attempt(() => readArray(own(document, "components") ?? [], "/components"), refused) ?? [];
  for (const [index, component] of components.entries()) {
    const at = pointer("/components", index);
    sink.attempt(() => readComponent(readObject(component, at), at, place, sink), refused);
  }
}

function readComponent(component: JsonObject, at: string, place: Place, sink: ListSink): true {
  const list = pointer(at, "images");
  for (const [index, image] of readArray(own(component, "images") ?? [], list).entries()) {
    const here = pointer(list, index);
    const name = isObject(image) ? readString(own(image, "name"), pointer(here, "name")) : readString(image, here);
    sink.image(name, {}, place(here));
  }
  const left = others.filter((key) => {
    const value = own(component, key);
    return Array.isArray(value) && value.length > 0;
  });
  const name = textOr(own(component, "name"), "without a name");
  if (left.length > 0)
    sink.note(
      `${lineOf(place(at))}: of the component ${name} only images are read, not ${left.join(", ")}; ` +
        "zarf dev find-images says which images charts and manifests need",
    );
  if (isObject(own(component, "import")))
    sink.note(`${lineOf(place(at))}: the component ${name} imports another package, which is not read; give its file`);
  return true;
}
