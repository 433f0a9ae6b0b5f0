/**
 * Resources of the command line: each can be judged, or is reported as one that cannot. Source:
 * docs/spec/kyverno.md#files-and-folders, docs/spec/command-line.md#given-files.
 */
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { isObject, pointer } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { formOf } from "../../core/kyverno/policy/document-form.ts";
import type { Position } from "../../core/kyverno/policy/policy.ts";
import { toJson } from "../../core/kyverno/policy/policy-value.ts";
import {
  type FaultyResource,
  faultyResource,
  type GivenResource,
  type ResourceSink,
  takeResources,
} from "../../core/kyverno/rule/read-resource.ts";
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

export type { FaultyResource, GivenResource };

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

interface Sink extends ResourceSink {
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
        takeResources(item, pointer(list, index), document.position, sink);
    } else if (formOf(value) !== "other") takeResources(value, "", document.position, sink);
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
