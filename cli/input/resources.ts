/**
 * Resources of the command line: each can be judged, or is reported as one that cannot. Source:
 * docs/spec/kyverno.md#files-and-folders, docs/spec/command-line.md#given-files.
 */
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { isObject, pointer } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { formOf, itemOf } from "../../core/kyverno/policy/document-form.ts";
import type { Position } from "../../core/kyverno/policy/policy.ts";
import { toJson } from "../../core/kyverno/policy/policy-value.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import type { CommandIO } from "../command.ts";
import {
  type GivenPath,
  parseDocuments,
  placeText,
  readPaths,
  reportSkippedDocuments,
  type TextFile,
} from "./files.ts";
import type { Limits } from "../../core/limits.ts";

export interface GivenResource {
  readonly position: Position;
  /** Of a value within it, by its JSON pointer; absent where it stands in no file. */
  readonly place?: (pointer: string) => Position;
  readonly value: JsonObject;
}

/** A resource that cannot be judged. Its value holds as much of its identity as could be read. */
export interface FaultyResource extends GivenResource {
  readonly fault: EngineError;
}

export interface GivenResources {
  readonly resources: readonly GivenResource[];
  readonly faulty: readonly FaultyResource[];
}

interface ReadOptions {
  /** How the flag is called in messages. */
  readonly flag: string;
  /** A file or folder may hold no resource. */
  readonly allowEmpty?: boolean | undefined;
  /** A `ClusterResource` of Kyverno's tests holds resources. */
  readonly wrapped?: boolean;
}

interface Sink {
  readonly resources: GivenResource[];
  readonly faulty: FaultyResource[];
  readonly skipped: Position[];
}

/**
 * The resources of what was given, with lists taken apart.
 * @throws EngineError `invalid-usage` for a file that does not parse, and for a path that holds no resource.
 */
export function readResources(given: readonly GivenPath[], io: CommandIO, options: ReadOptions): GivenResources {
  const sink: Sink = { resources: [], faulty: [], skipped: [] };
  for (const { path, files } of given) {
    const before = countOf(sink);
    for (const file of files) readFile(file, options.wrapped === true, sink, io.limits);
    if (options.allowEmpty !== true && countOf(sink) === before)
      throw new EngineError("invalid-usage", `${path === "-" ? "standard input" : path} holds no resource`, {
        subject: `${options.flag} ${path}`,
      });
  }
  reportSkippedDocuments("of the documents are not Kubernetes objects", sink.skipped, io);
  return sink;
}

/**
 * Resources that answer questions and are not judged. Each must be well-formed.
 * @throws EngineError `invalid-usage` as `readResources`, and for a resource that is malformed.
 */
export function readWholeResources(
  paths: readonly string[],
  io: CommandIO,
  options: ReadOptions,
): readonly JsonObject[] {
  const { resources, faulty } = readResources(readPaths(paths, io), io, { ...options, wrapped: true });
  const [first] = faulty;
  if (first !== undefined)
    throw new EngineError("invalid-usage", `not a resource: ${first.fault.message}`, {
      subject: placeText(first.position),
    });
  return resources.map(({ value }) => value);
}

const countOf = ({ resources, faulty }: Sink): number => resources.length + faulty.length;

/** In a folder, other documents than Kubernetes objects are skipped. In a named file they are faulty resources. */
function readFile(file: TextFile, wrapped: boolean, sink: Sink, limits: Limits): void {
  const before = countOf(sink);
  const strays: FaultyResource[] = [];
  for (const document of parseDocuments(file, limits)) {
    const value = toJson(document.value);
    const position = document.position("");
    if (wrapped && isWrapper(value)) {
      const list = pointer("/spec", "resources");
      for (const [index, item] of wrappedResources(value, position).entries())
        take(item, pointer(list, index), document.position, sink);
    } else if (formOf(value) !== "other") take(value, "", document.position, sink);
    else if (file.inFolder) sink.skipped.push(position);
    else strays.push(faultyResource(value, position, "is not a Kubernetes object"));
  }
  if (countOf(sink) > before) sink.faulty.push(...strays);
}

const isWrapper = (value: JsonValue): value is JsonObject =>
  isObject(value) && value.kind === "ClusterResource" && String(value.apiVersion).startsWith("cli.kyverno.io/");

/** Its CRDs list kinds, which no question asks for. @throws EngineError `invalid-usage` */
function wrappedResources({ spec }: JsonObject, position: Position): readonly JsonValue[] {
  const { resources = null, crds: _, ...others } = isObject(spec) ? spec : {};
  if (!Array.isArray(resources) || Object.keys(others).length > 0)
    throw new EngineError("invalid-usage", "a ClusterResource has spec.resources, a list, and spec.crds", {
      subject: placeText(position),
    });
  return resources as readonly JsonValue[];
}

const faultyResource = (value: JsonValue, position: Position, message: string): FaultyResource => ({
  position,
  fault: new EngineError("malformed", message, { subject: placeText(position) }),
  value: isObject(value) ? value : {},
});

/** To kubectl every document with items is a list, whatever its kind. */
function take(value: JsonValue, at: string, position: (pointer: string) => Position, sink: Sink): void {
  if (isObject(value) && Array.isArray(value.items) && Object.hasOwn(value, "items")) {
    const { items, apiVersion, kind } = value;
    const list = {
      apiVersion: typeof apiVersion === "string" ? apiVersion : "",
      kind: typeof kind === "string" ? kind : "",
    };
    for (const [index, item] of (items as readonly JsonValue[]).entries())
      take(itemOf(list, item), pointer(`${at}/items`, index), position, sink);
    return;
  }
  try {
    const place = (below: string): Position => position(`${at}${below}`);
    sink.resources.push({ value: readResource(value), position: position(at), place });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    sink.faulty.push(faultyResource(value, position(at), error.message));
  }
}

/** @throws EngineError `malformed` for a value that cannot be the object of a request. */
function readResource(value: JsonValue): JsonObject {
  if (!isObject(value)) throw new EngineError("malformed", "the item of a list is not a resource");
  if (Object.hasOwn(value, "items")) throw new EngineError("malformed", "the items of the list are not a list");
  refusePrototype(value);
  requestFor(value);
  return value;
}

/** A name that no Kubernetes object has, and that other programs trip over. @throws EngineError `malformed` */
function refusePrototype(value: JsonValue): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, below] of Object.entries(value)) {
    if (key === "__proto__") throw new EngineError("malformed", "the resource has a member __proto__");
    refusePrototype(below);
  }
}
