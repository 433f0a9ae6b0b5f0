/**
 * Kyverno's test files. Source: docs/spec/kyverno.md#test-command.
 *
 *     apiVersion: cli.kyverno.io/v1alpha1
 *     kind: Test
 *     metadata: { name: signed }
 *     policies: [policy.yaml]
 *     resources: [pods.yaml]
 *     results:
 *       - { policy: check, rule: signed, kind: Pod, resources: [web], result: pass }
 */
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { isObject, unknownField } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { member, toJson } from "../../core/kyverno/policy/policy-value.ts";
import type { YamlDocument } from "../../core/kyverno/policy/yaml.ts";
import type { CommandIO } from "../command.ts";
import type { PathResponse } from "./cluster-files.ts";
import { parseDocuments, placeText } from "./files.ts";
import { readGivenText } from "./given-file.ts";
import type { Placed } from "./strict-document.ts";

export type ExpectedStatus = "pass" | "fail" | "skip" | "warn" | "error";

/** One row of `results`. */
export interface ExpectedResult {
  /** `name`, or `namespace/name` of a namespaced policy. */
  readonly policy: string;
  readonly rule: string;
  readonly kind: string;
  /** `name` or `namespace/name`. */
  readonly resources: readonly string[];
  readonly result: ExpectedStatus;
  readonly patchedResources?: string;
  readonly operation?: string;
}

export interface TestFile {
  /** Where it was found; paths in it are relative to its folder. */
  readonly path: string;
  readonly folder: string;
  readonly name: string;
  readonly policies: readonly string[];
  readonly resources: readonly string[];
  readonly clusterResources: readonly string[];
  readonly exceptions: readonly string[];
  readonly variables?: string;
  readonly values?: Placed;
  readonly userinfo?: string;
  readonly responses: readonly PathResponse[];
  readonly results: readonly ExpectedResult[];
}

const statuses: ReadonlySet<string> = new Set(["pass", "fail", "skip", "warn", "error"]);
const known: ReadonlySet<string> = new Set([
  "apiVersion",
  "kind",
  "metadata",
  "policies",
  "resources",
  "clusterResources",
  "exceptions",
  "variables",
  "values",
  "userinfo",
  "apiCallResponses",
  "results",
  "checks",
]);
const unsupported: ReadonlySet<string> = new Set([
  "targetResources",
  "context",
  "paramResources",
  "jsonPayloads",
  "globalContextEntries",
  "httpPayloads",
  "envoyPayloads",
]);
const resultKeys: ReadonlySet<string> = new Set([
  "policy",
  "rule",
  "kind",
  "resources",
  "resource",
  "namespace",
  "resourceSpecs",
  "result",
  "status",
  "patchedResources",
  "patchedResource",
  "operation",
]);

class Reader {
  readonly #document: YamlDocument;

  constructor(document: YamlDocument) {
    this.#document = document;
  }

  fail(message: string, at: string): never {
    throw new EngineError("invalid-usage", message, { subject: this.#place(at) });
  }

  refuse(what: string, at: string): never {
    throw new EngineError("unsupported", `${what} is not tested here`, { subject: this.#place(at) });
  }

  #place(at: string): string {
    return placeText(this.#document.keyPosition(at === "/" ? "" : at));
  }

  text(object: JsonObject, key: string, at: string): string | undefined {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    if (value === undefined || value === null) return undefined;
    return typeof value === "string" ? value : this.fail(`${key} must be text`, at);
  }

  texts(object: JsonObject, key: string, at: string): readonly string[] {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
      return this.fail(`${key} must be a list of texts`, at);
    return value as readonly string[];
  }

  maps(object: JsonObject, key: string, at: string): readonly JsonObject[] {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value) || !(value as readonly JsonValue[]).every(isObject))
      return this.fail(`${key} must be a list of maps`, at);
    return value as readonly JsonObject[];
  }
}

function readResult(object: JsonObject, at: string, reader: Reader): ExpectedResult {
  for (const key of Object.keys(object)) {
    if (/^is[A-Z].*Policy$|^generatedResources?$|^cloneSourceResource$/.test(key)) {
      if (object[key] !== false && object[key] !== null) reader.refuse(key, at);
    } else if (!resultKeys.has(key)) reader.fail(unknownField(key, resultKeys), at);
  }
  const result = reader.text(object, "result", at) ?? reader.text(object, "status", at) ?? "";
  if (!statuses.has(result))
    reader.fail(`result must be pass, fail, skip, warn or error, found ${JSON.stringify(result)}`, at);
  const namespace = reader.text(object, "namespace", at);
  const single = reader.text(object, "resource", at);
  const specs = reader.maps(object, "resourceSpecs", at).map((spec) => {
    const name = reader.text(spec, "name", `${at}/resourceSpecs`) ?? "";
    const home = reader.text(spec, "namespace", `${at}/resourceSpecs`);
    return home === undefined ? name : `${home}/${name}`;
  });
  const names = [...reader.texts(object, "resources", at), ...specs, ...(single === undefined ? [] : [single])];
  const patched = reader.text(object, "patchedResources", at) ?? reader.text(object, "patchedResource", at);
  const operation = reader.text(object, "operation", at);
  return {
    policy: reader.text(object, "policy", at) ?? reader.fail("a result must name its policy", at),
    rule: reader.text(object, "rule", at) ?? "",
    kind: reader.text(object, "kind", at) ?? "",
    resources: names.map((name) => (namespace === undefined || name.includes("/") ? name : `${namespace}/${name}`)),
    result: result as ExpectedStatus,
    ...(patched === undefined ? {} : { patchedResources: patched }),
    ...(operation === undefined ? {} : { operation }),
  };
}

function readResponse(object: JsonObject, at: string, reader: Reader): PathResponse {
  const path = reader.text(object, "urlPath", at) ?? reader.fail("a response must name its urlPath", at);
  const response = object.response;
  if (!isObject(response)) return reader.fail("a response must have the member response", at);
  const status = response.statusCode ?? 200;
  if (typeof status !== "number") return reader.fail("statusCode must be a number", at);
  return { path, status, body: response.body ?? null };
}

/**
 * @throws EngineError `invalid-usage` for anything but a test file of the present form, `unsupported` for what
 * Sallyport does not test.
 */
function readTestFile(source: YamlDocument, path: string): TestFile {
  const reader = new Reader(source);
  const document = toJson(source.value);
  if (!isObject(document)) return reader.fail("a test file must be a map", "/");
  if (document.apiVersion === undefined || document.kind === undefined || document.name !== undefined)
    reader.fail(
      "the test file has the deprecated form; it needs apiVersion: cli.kyverno.io/v1alpha1, kind: Test and " +
        "metadata.name",
      "/",
    );
  if (document.kind !== "Test" || !/^cli\.kyverno\.io\//.test(String(document.apiVersion)))
    reader.fail("apiVersion must be cli.kyverno.io/v1alpha1, kind must be Test", "/");
  for (const [key, value] of Object.entries(document)) {
    if (unsupported.has(key)) {
      if (!(Array.isArray(value) && value.length === 0) && value !== null) reader.refuse(key, `/${key}`);
    } else if (!known.has(key)) reader.fail(unknownField(key, known), `/${key}`);
  }
  if (Array.isArray(document.checks) && document.checks.length > 0) reader.refuse("checks", "/checks");
  const given = member(source.value, "values");
  const metadata = isObject(document.metadata) ? document.metadata : {};
  if (reader.maps(document, "results", "/results").length === 0)
    reader.fail("a test file without results tests nothing", "/");
  const variables = reader.text(document, "variables", "/");
  const userinfo = reader.text(document, "userinfo", "/");
  return {
    path,
    folder: path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".",
    name: reader.text(metadata, "name", "/metadata") ?? "",
    policies: reader.texts(document, "policies", "/policies"),
    resources: reader.texts(document, "resources", "/resources"),
    clusterResources: reader.texts(document, "clusterResources", "/clusterResources"),
    exceptions: reader.texts(document, "exceptions", "/exceptions"),
    ...(variables === undefined ? {} : { variables }),
    ...(given === undefined
      ? {}
      : { values: { value: given, keyPosition: (at: string) => source.keyPosition(`/values${at}`) } }),
    ...(userinfo === undefined ? {} : { userinfo }),
    responses: reader
      .maps(document, "apiCallResponses", "/apiCallResponses")
      .map((entry, index) => readResponse(entry, `/apiCallResponses/${index}`, reader)),
    results: reader
      .maps(document, "results", "/results")
      .map((entry, index) => readResult(entry, `/results/${index}`, reader)),
  };
}

/**
 * The test files below a folder, by their name, in order. Hidden folders are searched too, such as `.kyverno-test`.
 * Names with two dots are skipped: a mounted ConfigMap keeps second copies of its files there.
 */
export function findTestFiles(folder: string, fileName: string, io: CommandIO, root = folder): readonly string[] {
  if (io.pathKind(folder) === "file") return [folder];
  const here = folder.replace(/(?<=.)\/+$/, "");
  return io.listFolder(here).flatMap((name) => {
    if (name.startsWith("..")) return [];
    const path = here === "." ? name : `${here}/${name}`;
    const kind = io.entryKind(root, path);
    if (kind === "folder") return findTestFiles(path, fileName, io, root);
    return name === fileName && kind !== "none" ? [path] : [];
  });
}

/** The documents of a test file. @throws EngineError `invalid-usage`, also for a file without any; `unsupported`. */
export function readTestFiles(path: string, io: CommandIO): readonly TestFile[] {
  const documents = parseDocuments({ name: path, text: readGivenText(path, io) }, io.limits);
  if (documents.length === 0) throw new EngineError("invalid-usage", `${path} holds no test`, { subject: path });
  return documents.map((document) => readTestFile(document, path));
}
