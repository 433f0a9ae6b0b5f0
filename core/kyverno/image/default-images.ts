/**
 * The images that default extractors find, for one decision: many rules read the same resource, and a patched one
 * differs in a few places only. Source: docs/spec/kyverno.md#image-extraction.
 */
import { type Digest, isDigest } from "../../crypto/digest.ts";
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import type { Limits } from "../../limits.ts";
import { type Aliases, noAliases, pinnedName } from "../../oci/aliases.ts";
import { type ImageReference, type ReferenceOptions, withDigest } from "../../oci/reference.ts";
import { applyPatches } from "../outcome/apply-patches.ts";
import type { PatchOperation } from "../outcome/digest-patch.ts";
import { type ExtractedImage, type Extraction, extractImages } from "./extract.ts";

interface Found {
  readonly kind: string;
  readonly extraction: Extraction;
}

export class DefaultImages {
  readonly #references: ReferenceOptions;
  readonly #aliases: Aliases;
  readonly #limits: Limits;
  readonly #found = new WeakMap<JsonObject, Found>();

  constructor(references: ReferenceOptions, limits: Limits, aliases: Aliases = noAliases) {
    this.#references = references;
    this.#aliases = aliases;
    this.#limits = limits;
  }

  /** As `extractImages`, but each resource is walked once. A failure is thrown on every call. */
  of(resource: JsonObject, kind: string): Extraction {
    const held = this.#found.get(resource);
    if (held?.kind === kind) return held.extraction;
    const extraction = extractImages(resource, kind, undefined, {
      references: this.#references,
      aliases: this.#aliases,
      limits: this.#limits,
    });
    this.#found.set(resource, { kind, extraction });
    return extraction;
  }

  /**
   * The patched resource. Known images of the given one are not extracted again.
   * @throws EngineError as `applyPatches`
   */
  patch(resource: JsonObject, patches: readonly PatchOperation[]): JsonObject {
    const patched = applyPatches(resource, patches);
    const held = this.#found.get(resource);
    const extraction = held === undefined ? undefined : this.#patched(held.extraction, patches);
    if (held !== undefined && extraction !== undefined) this.#found.set(patched, { kind: held.kind, extraction });
    return patched;
  }

  /** The images after patches that pin them or touch the metadata; undefined after others. */
  #patched(extraction: Extraction, patches: readonly PatchOperation[]): Extraction | undefined {
    const pinned = new Map<ExtractedImage, ExtractedImage>();
    for (const { path, value } of patches) {
      if (path.startsWith("/metadata")) continue;
      const image = extraction.images.find(({ pointer }) => pointer === path);
      const digest = image === undefined ? undefined : addedDigest(image.reference, value);
      if (image === undefined || digest === undefined) return undefined;
      const { reference, mirrored } = image;
      pinned.set(image, {
        ...image,
        reference: withDigest(reference, digest),
        ...(mirrored === undefined ? {} : { mirrored: pinnedName(mirrored, digest) }),
      });
    }
    if (pinned.size === 0) return extraction;
    const { images, failed, others } = extraction;
    return { images: images.map((image) => pinned.get(image) ?? image), failed, others };
  }
}

/** The digest that the text adds to the reference; undefined for any other text. */
function addedDigest(reference: ImageReference, text: JsonValue): Digest | undefined {
  const { withTag } = reference;
  if (reference.digest !== undefined || typeof text !== "string") return undefined;
  if (text[withTag.length] !== "@" || !text.startsWith(withTag)) return undefined;
  const digest = text.slice(withTag.length + 1);
  return isDigest(digest) ? digest : undefined;
}
