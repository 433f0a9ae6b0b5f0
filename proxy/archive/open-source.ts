/**
 * Opens what the user names as a layout: a folder, or a tar archive of one. Source:
 * docs/spec/sigstore.md#saved-layouts.
 */
import { statSync } from "node:fs";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { FolderSource, type LayoutSource } from "./layout-source.ts";

/**
 * Opens the folder or archive. The caller closes it.
 * @throws EngineError `invalid-usage` when there is neither, and as `openTar`.
 */
export async function openLayoutSource(path: string, limits: Limits): Promise<LayoutSource> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new EngineError("invalid-usage", `there is no folder or file ${path}`, { subject: path, remedy: "path" });
  if (stat.isDirectory()) return new FolderSource(path);
  if (!stat.isFile()) throw new EngineError("invalid-usage", `neither a folder nor a file: ${path}`, { subject: path });
  // Loaded only for an archive, so that folders do not pay for it.
  return (await import("./tar-source.ts")).openTar(path, limits);
}
