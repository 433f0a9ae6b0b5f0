/** Manifests that are passed on whatever they are: what can be read of them. Source: OCI image 1.1 (manifest). */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type Manifest, parseManifest } from "../../core/oci/manifest.ts";

/** What the document says that it is; of what is none, nothing. */
export function readableManifest(bytes: Uint8Array, limits: Limits): Manifest | undefined {
  try {
    return parseManifest(bytes, limits);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}
