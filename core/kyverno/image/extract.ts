/**
 * The images of a resource: default extractors by kind, and the policy's own. Source:
 * docs/spec/kyverno.md#image-extraction.
 */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import { isObject, own, pointer } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { type Aliases, type MirroredName, noAliases } from "../../oci/aliases.ts";
import { type ImageReference, parseReference, type ReferenceOptions } from "../../oci/reference.ts";
import type { ImageExtractor } from "../policy/policy.ts";
import { isIgnorance } from "../rule/ignorance.ts";
import { goText } from "../../jmespath/go-text.ts";
import type { Limits } from "../../limits.ts";

export interface ExtractedImage {
  /** As the resource names it. */
  readonly reference: ImageReference;
  /** Of what an alias says is mirrored there: the name that policies know. */
  readonly mirrored?: MirroredName;
  /** JSON pointer of the string in the resource (RFC 6901). */
  readonly pointer: string;
  /** The key in `images.<group>.<key>`. */
  readonly group: string;
  readonly key: string;
  /** Kyverno's spelling of the pointer, whose steps are not escaped. */
  readonly jsonPointer: string;
  /** Names in `imagePullSecrets` of the objects around it. */
  readonly pullSecrets: readonly string[];
}

/** A string in the place of an image that is not an image reference. It does not affect other images. */
export interface FailedImage {
  readonly text: string;
  readonly pointer: string;
  readonly error: EngineError;
}

export interface Extraction {
  /** In the order of the extractors, then of the document. */
  readonly images: readonly ExtractedImage[];
  readonly failed: readonly FailedImage[];
  /**
   * Images that the default extractors find beside the policy's own. They are in the variable `images`, but no
   * reference selects them.
   */
  readonly others: readonly ExtractedImage[];
  /** Why those could not be found. No expression can then read the variable. */
  readonly othersFault?: EngineError | undefined;
}

export interface ExtractionOptions {
  readonly references?: ReferenceOptions;
  readonly aliases?: Aliases;
  /** Evaluates the `jmesPath` of an extractor with the image's text as the current node. */
  readonly evaluate?: (expression: string, node: JsonValue) => JsonValue;
  readonly limits: Limits;
}

const templates: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  DaemonSet: ["spec", "template", "spec"],
  Deployment: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  ReplicationController: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};
/** Groups of the kinds whose Pods are found by the name of the kind: another group may have one of the same name. */
export const podGroups: ReadonlySet<string> = new Set(["", "apps", "batch"]);
/** Whether a resource of this kind is a Pod, or makes some. */
export const hasPods = (kind: string): boolean => Object.hasOwn(templates, kind);

/** The Pod that a resource of these kinds is, or makes; `undefined` for any other. */
export function podSpecOf(resource: JsonObject): JsonObject | undefined {
  const { kind } = resource;
  const path = typeof kind === "string" && hasPods(kind) ? templates[kind] : undefined;
  if (path === undefined) return undefined;
  let spec: JsonValue | undefined = resource;
  for (const step of path) spec = isObject(spec) ? own(spec, step) : undefined;
  return isObject(spec) ? spec : undefined;
}

const containerGroups = ["initContainers", "containers", "ephemeralContainers"] as const;

interface Extractor {
  readonly group: string;
  /** To the object that has the image's name. */
  readonly steps: readonly string[];
  /** From there to the image's text. */
  readonly value: readonly string[];
  /** The field that names an image in its group; absent: its JSON pointer does. */
  readonly key: string | undefined;
  readonly jmesPath: string | undefined;
}

/** Differs: Kyverno does not look at volumes that are images, whose contents containers run as well. */
function defaultExtractors(kind: string): readonly Extractor[] {
  const path = Object.hasOwn(templates, kind) ? templates[kind] : undefined;
  if (path === undefined) return [];
  const below = (group: string, value: readonly string[]): Extractor => ({
    group,
    steps: [...path, group, "*"],
    value,
    key: "name",
    jmesPath: undefined,
  });
  return [...containerGroups.map((group) => below(group, ["image"])), below("volumes", ["image", "reference"])];
}

const problem = (message: string, at: string): EngineError =>
  new EngineError("unresolved", message, { subject: at === "" ? "/" : at });

function customExtractor({ path, value, name, key, jmesPath }: ImageExtractor): Extractor {
  const steps = path
    .split("/")
    .map((step) => step.trim())
    .filter((step) => step !== "");
  const given = value !== undefined && value !== "";
  const field = given ? value : steps.at(-1);
  if (field === undefined) throw problem(`the extractor's path ${JSON.stringify(path)} names no field`, path);
  return {
    group: name || "custom",
    steps: given ? steps : steps.slice(0, -1),
    value: [field],
    key: key || undefined,
    jmesPath: jmesPath || undefined,
  };
}

/**
 * The images of a resource, by the extractors that a rule has for its kind, else by the default ones of the kind. A
 * kind with neither has no images.
 * @throws EngineError `unresolved` when the resource does not have the form that an extractor expects or its expression
 * fails,
 *   `over-limit` past `imagesPerResource`, an unknown code when an expression reads what is not known.
 */
export function extractImages(
  resource: JsonObject,
  kind: string,
  extractors: Readonly<Record<string, readonly ImageExtractor[]>> | undefined,
  options: ExtractionOptions,
): Extraction {
  const defaults = defaultExtractors(kind);
  const custom = extractors !== undefined && Object.hasOwn(extractors, kind) ? extractors[kind] : undefined;
  if (custom === undefined) {
    const { images, failed } = collect(resource, defaults, options);
    return { images, failed, others: [] };
  }
  if (custom.length === 0) throw problem(`no extractors found for ${kind}`, `/imageExtractors/${kind}`);
  return { ...collect(resource, custom.map(customExtractor), options), ...collectOthers(resource, defaults, options) };
}

interface Walk {
  readonly extractor: Extractor;
  readonly options: ExtractionOptions;
  readonly images: ExtractedImage[];
  readonly failed: FailedImage[];
}

function collect(
  resource: JsonObject,
  extractors: readonly Extractor[],
  options: ExtractionOptions,
): Pick<Extraction, "images" | "failed"> {
  const images: ExtractedImage[] = [];
  const failed: FailedImage[] = [];
  for (const extractor of extractors) walk(resource, [], 0, [], { extractor, options, images, failed });
  return { images, failed };
}

/** A resource without the expected form fails only expressions that read it. */
function collectOthers(
  resource: JsonObject,
  extractors: readonly Extractor[],
  options: ExtractionOptions,
): Pick<Extraction, "others" | "othersFault"> {
  try {
    const { images, failed } = collect(resource, extractors, options);
    return { others: images, othersFault: failed[0]?.error };
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "unresolved") throw error;
    return { others: [], othersFault: error };
  }
}

const pointerOf = (path: readonly string[]): string => path.reduce(pointer, "");

function walk(
  node: JsonValue | undefined,
  path: readonly string[],
  depth: number,
  pullSecrets: readonly string[],
  context: Walk,
): void {
  if (node === undefined || node === null) return;
  const step = context.extractor.steps[depth];
  const secrets = isObject(node) ? withSecrets(pullSecrets, node) : pullSecrets;
  if (step === "*") {
    if (typeof node !== "object") throw problem("invalid type", pointerOf(path));
    for (const [key, child] of Object.entries(node)) walk(child, [...path, key], depth + 1, secrets, context);
    return;
  }
  if (!isObject(node)) throw problem("invalid image config", pointerOf(path));
  if (step === undefined) addImage(node, path, secrets, context);
  else walk(own(node, step), [...path, step], depth + 1, secrets, context);
}

function withSecrets(names: readonly string[], node: JsonObject): readonly string[] {
  const secrets = own(node, "imagePullSecrets");
  if (!Array.isArray(secrets)) return names;
  return [
    ...names,
    ...(secrets as readonly JsonValue[]).flatMap((secret) =>
      isObject(secret) && typeof secret.name === "string" ? [secret.name] : [],
    ),
  ];
}

/** The object whose last field is the image's text; undefined where a step to it is missing. */
function holderOf(node: JsonObject, path: readonly string[], value: readonly string[]): JsonObject | undefined {
  let holder = node;
  for (const [depth, step] of value.slice(0, -1).entries()) {
    const next = own(holder, step);
    if (next === undefined || next === null) return undefined;
    if (!isObject(next)) throw problem("invalid image config", pointerOf([...path, ...value.slice(0, depth + 1)]));
    holder = next;
  }
  return holder;
}

function addImage(
  node: JsonObject,
  path: readonly string[],
  pullSecrets: readonly string[],
  { extractor, options, images, failed }: Walk,
): void {
  const fields = [...path, ...extractor.value];
  const at = pointerOf(fields);
  const jsonPointer = `/${fields.join("/")}`;
  const holder = holderOf(node, path, extractor.value);
  if (holder === undefined) return;
  const key = extractor.key === undefined ? jsonPointer : own(node, extractor.key);
  if (typeof key !== "string") throw problem("invalid key", pointerOf(path));
  const text = own(holder, extractor.value.at(-1) ?? "");
  if (typeof text !== "string" || text.trim() === "") return;
  const limit = options.limits.imagesPerResource;
  if (images.length + failed.length >= limit)
    throw new EngineError("over-limit", `more than ${limit} images in one resource`, { subject: at });
  const image = extractor.jmesPath === undefined ? text : apply(extractor.jmesPath, text, at, options);
  try {
    const reference = parseReference(image, options.limits, options.references);
    const mirrored = (options.aliases ?? noAliases).logicalOf(reference);
    images.push({
      reference,
      ...(mirrored === undefined ? {} : { mirrored }),
      pointer: at,
      group: extractor.group,
      key,
      jsonPointer,
      pullSecrets,
    });
  } catch (error) {
    if (!(error instanceof EngineError) || (error.code !== "malformed" && error.code !== "over-limit")) throw error;
    failed.push({
      text: image,
      pointer: at,
      error: new EngineError(
        error.code,
        `invalid image '${image.slice(0, options.limits.referenceBytes)}' (${error.message})`,
        { subject: at, cause: error },
      ),
    });
  }
}

function apply(expression: string, text: string, at: string, { evaluate }: ExtractionOptions): string {
  if (evaluate === undefined) throw problem(`no evaluator for the extractor's expression ${expression}`, at);
  let value: JsonValue;
  try {
    value = evaluate(expression, text);
  } catch (error) {
    if (!(error instanceof EngineError) || isIgnorance(error)) throw error;
    throw new EngineError("unresolved", `failed to apply jmespath ${expression}: ${error.message}`, {
      subject: at,
      cause: error,
    });
  }
  if (typeof value === "string") return value;
  throw problem(`jmespath ${expression} must produce a string, but produced ${goText(value)}`, at);
}

/** The fields of a name; missing ones are absent. `more` has its place among them, which are in Go's order. */
const fieldsOfName = (reference: ImageReference, more: JsonObject = {}): JsonObject => ({
  ...(reference.digest === undefined ? {} : { digest: reference.digest }),
  ...more,
  name: reference.name,
  path: reference.path,
  reference: reference.canonical,
  referenceWithTag: reference.withTag,
  ...(reference.registry === "" ? {} : { registry: reference.registry }),
  ...(reference.tag === undefined ? {} : { tag: reference.tag }),
});

/**
 * The fields of one image in the variable `images`. Differs: where an alias gives another name, `logical` has the
 * fields of that name; the others stay those of the resource.
 */
const fieldsOf = ({ reference, mirrored, jsonPointer }: ExtractedImage): JsonObject =>
  fieldsOfName(reference, {
    jsonPointer,
    ...(mirrored === undefined ? {} : { logical: fieldsOfName(mirrored.reference) }),
  });

/**
 * The variable `images`: group, key, image. `undefined`, and hence no variable, if there are no images. Of two images
 * with one key the later counts.
 */
export function imagesVariable({ images, others }: Pick<Extraction, "images" | "others">): JsonObject | undefined {
  if (images.length + others.length === 0) return undefined;
  const groups: Record<string, Record<string, JsonValue>> = Object.create(null);
  for (const image of [...others, ...images]) {
    groups[image.group] ??= Object.create(null) as Record<string, JsonValue>;
    (groups[image.group] as Record<string, JsonValue>)[image.key] = fieldsOf(image);
  }
  return groups;
}
