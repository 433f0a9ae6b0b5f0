/** Image extraction and the patterns of image references against the real Kyverno: images.jsonl and wildcards.jsonl. */
import type { JsonObject } from "../../core/encoding/json.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { extractImages, imagesVariable } from "../../core/kyverno/image/extract.ts";
import { selectsImage, toReferenceFilter } from "../../core/kyverno/image/reference-filter.ts";
import type { ImageExtractor } from "../../core/kyverno/policy/policy.ts";
import { ExpressionCache } from "../../core/kyverno/rule/expression-cache.ts";
import { JsonContext } from "../../core/kyverno/rule/json-context.ts";
import { defaultLimits } from "../../core/limits.ts";
import { parseReference } from "../../core/oci/reference.ts";
import { type GoldenReport, outcome, readLines, Tally } from "./golden-cases.ts";

interface ImagesCase {
  readonly id: string;
  readonly resource: JsonObject & { readonly kind: string };
  readonly imageExtractors?: Readonly<Record<string, readonly ImageExtractor[]>>;
  readonly images?: JsonObject | null;
  readonly error?: string;
}

/**
 * The variable `images` as JSON; `error` also where one string is no image, since Kyverno then refuses the whole
 * resource.
 */
function extract({ resource, imageExtractors }: ImagesCase): string {
  const environment = {
    limits: defaultLimits,
    now: new Date("2026-01-01T00:00:00Z"),
    expressions: new ExpressionCache(),
    references: {},
  };
  const context = new JsonContext(
    { operation: "CREATE", kind: { group: "", version: "v1", kind: resource.kind }, object: resource },
    environment,
  );
  const extraction = extractImages(resource, resource.kind, imageExtractors, {
    evaluate: context.evaluateOn,
    limits: defaultLimits,
  });
  if (extraction.failed.length > 0) return "error";
  // With extractors the case is a verifyImages rule: it says nothing where they find no image.
  if (imageExtractors !== undefined && extraction.images.length === 0) return "{}";
  if (extraction.othersFault !== undefined) return "error";
  return encodeCanonicalJson(imagesVariable(extraction) ?? null);
}

const hasTwins = ({ imageExtractors, resource }: ImagesCase): boolean => {
  const names = (imageExtractors?.[resource.kind] ?? []).map(({ name = "custom" }) => name);
  return new Set(names).size < names.length;
};

export function runGoldenImages(folder: string): GoldenReport {
  const tally = new Tally();
  for (const line of readLines(folder, "images.jsonl")) {
    const golden = JSON.parse(line) as ImagesCase;
    const expected = golden.error === undefined ? encodeCanonicalJson(golden.images ?? null) : "error";
    tally.add(
      golden.id,
      expected,
      outcome(() => extract(golden)),
      hasTwins(golden) ? "docs/spec/kyverno.md#image-extraction: two extractors of one name are merged" : undefined,
    );
  }
  return tally.report();
}

interface WildcardCase {
  readonly id: string;
  readonly pattern: string;
  readonly image: string;
  readonly reference: string;
  readonly matched: boolean;
}

/** Whether `imageReferences` with one pattern selects the image; the normalised reference is compared as well. */
export function runGoldenWildcards(folder: string): GoldenReport {
  const tally = new Tally();
  for (const line of readLines(folder, "wildcards.jsonl")) {
    const { id, pattern, image, reference, matched } = JSON.parse(line) as WildcardCase;
    const parsed = parseReference(image, defaultLimits);
    const twice = parsed.tag !== undefined && parsed.digest !== undefined;
    const row = twice
      ? "docs/spec/kyverno.md#selecting-images: selected if the reference with tag or the one with digest matches"
      : undefined;
    const select = (): string =>
      `${parsed.canonical} ${selectsImage(toReferenceFilter([pattern], []), parsed, defaultLimits)}`;
    tally.add(id, `${reference} ${matched}`, outcome(select), row);
  }
  return tally.report();
}
