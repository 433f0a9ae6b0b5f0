/**
 * The images of Kubernetes resources: those that the webhook would find, by the default extractors and by the policies'
 * own. Source: docs/spec/kyverno.md#image-extraction.
 */
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { pointer } from "../../../core/encoding/shape.ts";
import {
  type Extraction,
  type ExtractionOptions,
  extractImages,
  podSpecOf,
} from "../../../core/kyverno/image/extract.ts";
import type { Policy } from "../../../core/kyverno/policy/policy.ts";
import { createContextFactory } from "../../../core/kyverno/rule/json-context.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import type { Place } from "./list-document.ts";
import { lineOf, type ListSink } from "./list-sink.ts";

export interface ManifestOptions {
  /** Their `imageExtractors` count. */
  readonly policies: readonly Policy[];
  /** What expressions of extractors call now. */
  readonly now: Date;
}

/** Fields that look like images where nobody extracts any. */
function imageFields(value: JsonValue, at: string, found: string[]): void {
  if (found.length >= 3 || typeof value !== "object" || value === null) return;
  for (const [key, below] of Object.entries(value)) {
    const here = pointer(at, key);
    if (key === "image" && typeof below === "string" && below !== "") found.push(here);
    else imageFields(below, here, found);
  }
}

export function readManifestImages(
  resource: JsonObject,
  place: Place,
  { policies, now }: ManifestOptions,
  sink: ListSink,
): void {
  const { limits } = sink;
  const request = requestFor(resource);
  const { kind } = request.kind;
  const variables = createContextFactory({ limits, references: {} });
  const take = (extractors: Parameters<typeof extractImages>[2], options: ExtractionOptions): void => {
    const { images, failed } = sink.attempt<Pick<Extraction, "images" | "failed">>(
      () => extractImages(resource, kind, extractors, options),
      (subject = "") => place(subject.startsWith("/") && subject !== "/" ? subject : ""),
    ) ?? { images: [], failed: [] };
    for (const { reference, pointer: at } of images) sink.parsed(reference, place(at));
    for (const { pointer: at, error } of failed) sink.fault(place(at), error.message, "invalid-reference");
  };
  take(undefined, { limits });
  let custom = 0;
  for (const policy of policies)
    for (const { imageExtractors } of policy.spec.rules) {
      if (imageExtractors === undefined || !Object.hasOwn(imageExtractors, kind)) continue;
      custom++;
      take(imageExtractors, {
        limits,
        evaluate: (expression, node) => variables(request, { now, policy }).evaluateOn(expression, node),
      });
    }
  if (custom === 0 && podSpecOf(resource) === undefined) noteUnread(resource, place, sink);
}

/** A kind of which nobody knows where its images are may still have some. */
function noteUnread(resource: JsonObject, place: Place, sink: ListSink): void {
  const fields: string[] = [];
  imageFields(resource, "", fields);
  const [first] = fields;
  if (first === undefined) return;
  sink.note(
    `${lineOf(place(first))}: ${String(resource.kind)} has images (${fields.join(", ")}) that no policy sees; list ` +
      "them by themselves, or give a policy with imageExtractors for the kind",
  );
}
