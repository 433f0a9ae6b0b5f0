/** Image lists of every form; the form is told by what a file holds. Source: docs/spec/image-lists.md#forms. */
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { isObject, own, textOr } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import { formOf } from "../../../core/kyverno/policy/document-form.ts";
import { toJson } from "../../../core/kyverno/policy/policy-value.ts";
import type { PolicyFile } from "../../../core/kyverno/policy/read-policy.ts";
import { readYaml, type YamlDocument } from "../../../core/kyverno/policy/yaml.ts";
import { type ResourceSink, takeResources } from "../../../core/kyverno/rule/read-resource.ts";
import type { Limits } from "../../../core/limits.ts";
import { isHauler, readHaulerManifest } from "./hauler.ts";
import { withoutNotes } from "./helm-output.ts";
import type { ImageList } from "./image-list.ts";
import { type Place, readEntries, readListDocument } from "./list-document.ts";
import { lineOf, ListSink } from "./list-sink.ts";
import { type ManifestOptions, readManifestImages } from "./manifest-images.ts";
import { isOcMirror, readImageSet } from "./oc-mirror.ts";
import { holdsReference, readPlainLines } from "./plain-lines.ts";
import { readPolicyReferences } from "./policy-references.ts";
import { readZarfPackage } from "./zarf.ts";

const forms =
  "one reference a line, kind: ImageList, Kubernetes manifests, policies, zarf.yaml, Hauler's Images, or oc-mirror's " +
  "ImageSetConfiguration";

/** A document of some form, or lines: what the first line that says something looks like. */
function isDocument(text: string): boolean {
  const first = /^[^\S\n]*(?!#)\S.*$/m.exec(text.replace(/^\uFEFF/, ""))?.[0].trim() ?? "";
  // An address in brackets begins a reference.
  if (/^\[[0-9a-f:.]+\](?::\d+)?\//i.test(first)) return false;
  return /^(?:---|%YAML|[[{]|-(?:\s|$)|["']?[\w.$/-]+["']?\s*:(?:\s|$))/.test(first);
}

const isKyverno = (value: JsonObject): boolean => /^(?:policies\.)?kyverno\.io\//.test(textOr(value.apiVersion));

/** What to do about files of a known form that is no list. */
function otherForm(value: JsonValue): string | undefined {
  if (!isObject(value)) return undefined;
  const apiVersion = textOr(value.apiVersion);
  // Flux has resources of the same kind.
  const isBare = apiVersion === "" && textOr(value.kind) === "Kustomization";
  if (isBare || apiVersion.startsWith("kustomize.config.k8s.io/"))
    return "this is a kustomization: run kubectl kustomize FOLDER and give the output";
  if (isObject(value.services)) return "this is a compose file: run docker compose config --images and give the output";
  if (/^v[12]$/.test(apiVersion) && textOr(value.name) !== "" && textOr(value.version) !== "")
    return "this is a Helm chart: run helm template CHART and give the output";
  return undefined;
}

interface Reading {
  readonly file: PolicyFile;
  readonly sink: ListSink;
  readonly options: ManifestOptions;
  hasPolicies: boolean;
}

function readResources(value: JsonValue, { position }: YamlDocument, reading: Reading): void {
  const { sink, options } = reading;
  const found: ResourceSink = { resources: [], faulty: [] };
  takeResources(value, "", position, found);
  for (const { fault, position: place } of found.faulty) sink.fault(place, fault.message);
  for (const { value: resource, place = position } of found.resources)
    if (isKyverno(resource)) reading.hasPolicies = true;
    else readManifestImages(resource, place, options, sink);
}

type Reader = (value: JsonObject, place: Place, sink: ListSink) => void;

/** Who reads a document that is a list by its kind. */
function readerOf(value: JsonObject): Reader | undefined {
  const apiVersion = textOr(own(value, "apiVersion"));
  if (apiVersion.startsWith("sallyport.dev/")) return readListDocument;
  if (isHauler(apiVersion)) return readHaulerManifest;
  if (isOcMirror(apiVersion)) return readImageSet;
  return /^Zarf(?:Package|Init)Config$/.test(textOr(own(value, "kind"))) ? readZarfPackage : undefined;
}

function readDocument(document: YamlDocument, reading: Reading): void {
  const { sink, file } = reading;
  const { position } = document;
  const value = toJson(document.value);
  if (Array.isArray(value)) {
    readEntries(value, "", position, sink);
    return;
  }
  const read = isObject(value) ? readerOf(value) : undefined;
  if (isObject(value) && read !== undefined) {
    read(value, position, sink);
    return;
  }
  const other = otherForm(value);
  if (other === undefined && formOf(value) !== "other") readResources(value, document, reading);
  else if (file.inFolder === true)
    sink.note(`${lineOf(position(""))}: ${other ?? "it is neither a Kubernetes object nor a list"}; skipped`);
  else sink.fault(position(""), other ?? `this is not a list of images; a list is ${forms}`);
}

function readDocuments({ file, ...rest }: Omit<Reading, "hasPolicies">): void {
  const { sink } = rest;
  const { text, notesFrom } = withoutNotes(file.text);
  if (notesFrom !== undefined) sink.note(`${file.name}:${notesFrom}: notes of Helm are not read`);
  const { documents, problems } = readYaml(text, file.name, {
    limits: sink.limits,
    maxBytes: sink.limits.resourceBytes,
  });
  for (const { message, ...place } of problems) sink.fault(place, `not a document: ${message}`);
  const reading: Reading = { file, ...rest, hasPolicies: false };
  for (const document of documents) readDocument(document, reading);
  if (reading.hasPolicies) readPolicyReferences({ ...file, text, inFolder: true }, sink);
}

function readFile(reading: Omit<Reading, "hasPolicies">): void {
  const { sink } = reading;
  const file = { ...reading.file, text: reading.file.text.replace(/^\uFEFF/, "") };
  const place = { file: file.name, line: 1, column: 1 };
  const before = sink.seen;
  if (file.text.length > sink.limits.resourceBytes)
    sink.fault(
      place,
      `the file has ${file.text.length} characters, more than ${sink.limits.resourceBytes}`,
      "over-limit",
    );
  else if (isDocument(file.text)) readDocuments({ ...reading, file });
  else if (file.inFolder !== true || holdsReference(file.text, sink.limits)) readPlainLines(file.text, file.name, sink);
  if (sink.seen > before) return;
  if (file.inFolder === true) sink.note(`${file.name} names no image`);
  else sink.fault(place, `names no image; a list is ${forms}`);
}

/**
 * What the files name.
 * @throws EngineError `invalid-usage` or `invalid-reference` with `FILE:LINE` when a line or entry cannot be used, and
 *   when no image is named at all; `over-limit` past `listEntries`.
 */
export function readImageList(
  files: readonly PolicyFile[],
  options: ManifestOptions & { readonly limits: Limits },
): ImageList {
  const sink = new ListSink(options.limits);
  for (const file of files) readFile({ file, sink, options });
  const list = sink.finish();
  if (list.images.length + list.tags.length > 0) return list;
  const why = list.notes.length === 0 ? "" : `: ${list.notes.slice(0, 3).join("; ")}`;
  throw new EngineError("invalid-usage", `no image is named${why}`, { subject: files[0]?.name ?? "-f" });
}
