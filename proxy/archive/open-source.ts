/**
 * Opens what the user names as a layout: a folder, or a tar archive; of a layout, or of what another tool writes.
 * Source: docs/spec/sigstore.md#saved-layouts.
 */
import { statSync } from "node:fs";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { FolderSource, type LayoutSource } from "./layout-source.ts";

/**
 * Opens the folder or archive as it is. The caller closes it.
 * @throws EngineError `invalid-usage` when there is neither, and as `openTar`.
 */
export async function openSource(path: string, limits: Limits): Promise<LayoutSource> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new EngineError("invalid-usage", `there is no folder or file ${path}`, { subject: path, remedy: "path" });
  if (stat.isDirectory()) return new FolderSource(path);
  if (!stat.isFile()) throw new EngineError("invalid-usage", `neither a folder nor a file: ${path}`, { subject: path });
  // Loaded only for an archive, so that folders do not pay for it.
  return (await import("./tar-source.ts")).openTar(path, limits);
}

/**
 * Opens the folder or archive as a layout. The caller closes it. `registry` is the name that was given before it, for a
 * format that names none.
 * @throws EngineError as `openSource` and the readers of the formats.
 */
export async function openLayoutSource(path: string, limits: Limits, registry?: string): Promise<LayoutSource> {
  const source = await openSource(path, limits);
  try {
    const marker = source.open("oci-layout");
    marker?.close();
    if (marker !== undefined) return source;
    // Loaded only for other formats.
    const { asLayout, recognise } = await import("./foreign-format.ts");
    return asLayout(source, recognise(source, limits), registry, limits);
  } catch (error) {
    source.close();
    throw error;
  }
}
