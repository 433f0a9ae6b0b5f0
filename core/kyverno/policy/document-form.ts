/**
 * What a document of a folder is: files of a real repository are policies and resources, and settings of tools beside
 * them. Source: docs/spec/kyverno.md#files-and-folders.
 */
import { isRecord } from "../../encoding/shape.ts";

interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

const textAt = (value: Readonly<Record<string, unknown>>, key: string): string => {
  const text = Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof text === "string" ? text : "";
};

/** An item of a list as kubectl reads it: one that says neither is of the list's API version, and of its kind. */
export function itemOf<T>({ apiVersion, kind }: Typed, item: T): T {
  if (!isRecord(item) || textAt(item, "apiVersion") !== "" || textAt(item, "kind") !== "") return item;
  const itemKind = kind.replace(/List$/, "");
  return itemKind === "" ? item : Object.assign(Object.create(null), item, { apiVersion, kind: itemKind });
}

/**
 * `object`: a Kubernetes object. `broken`: meant as one, without a readable apiVersion or kind. `other`: something
 * else, as `artifacthub-pkg.yml` or the settings of Kustomize.
 */
export type DocumentForm = "object" | "broken" | "other";

/** API groups of files that tools read and no cluster is sent. */
const toolGroups: ReadonlySet<string> = new Set(["kustomize.config.k8s.io", "cli.kyverno.io", "skaffold"]);

/** The fields that Kubernetes objects have, in lower case: a misspelt `apiversion` is meant as one. */
const objectFields: ReadonlySet<string> = new Set(["apiversion", "kind", "metadata", "spec", "items"]);

/** One such field is found in many documents (`apiVersion` in a Helm chart); two are meant as an object. */
export function formOf(document: unknown): DocumentForm {
  if (!isRecord(document)) return "other";
  const apiVersion = textAt(document, "apiVersion");
  if (toolGroups.has(apiVersion.split("/")[0] ?? "")) return "other";
  if (apiVersion !== "" && textAt(document, "kind") !== "") return "object";
  const meant = Object.keys(document).filter((key) => objectFields.has(key.toLowerCase())).length;
  return meant >= 2 || apiVersion.startsWith("kyverno.io/") ? "broken" : "other";
}
