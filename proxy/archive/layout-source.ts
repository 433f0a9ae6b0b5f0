/**
 * The files of a layout: in a folder, or in a tar archive (`tar-source.ts`). Source: OCI image 1.1 (image layout).
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";

/** An open regular file. `read` gives fewer bytes if the file ends. */
export interface LayoutFile {
  readonly size: number;
  readonly changed: Date;
  read(length: number, offset: number): Buffer;
  close(): void;
}

export interface LayoutSource {
  /** For people: the folder or the archive. */
  readonly name: string;
  /**
   * `undefined` if there is no file of this name. Its parts are separated by `/`.
   * @throws EngineError `archive-corrupt` when it is not a regular file, or lies outside.
   */
  open(path: string): LayoutFile | undefined;
  /**
   * The names in a folder, of files and folders; `.` is the top.
   * @throws EngineError `archive-corrupt` when it cannot be listed.
   */
  list(folder: string): readonly string[];
  /** Whether all of its images have names, for which the caller named the registry. */
  readonly isNamed?: boolean;
  /** The paths of every file `oci-layout`, where they are known. */
  markers?(): readonly string[];
  /** Manifests that its index names and an earlier archive holds. */
  readonly elsewhere?: readonly { readonly repository: string; readonly digest: Digest }[] | undefined;
  close(): void;
}

/** Reads `length` bytes at `offset` of the open file `handle`. */
export function readAt(handle: number, length: number, offset: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(handle, bytes, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** A folder. Links must stay inside it, and only regular files are opened: a pipe or device never ends. */
export class FolderSource implements LayoutSource {
  readonly name: string;
  #root: string | undefined;

  constructor(folder: string) {
    this.name = folder;
  }

  open(path: string): LayoutFile | undefined {
    const whole = join(this.name, ...path.split("/"));
    return reading(whole, () => {
      const stat = statSync(whole, { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      if (!stat.isFile()) throw new EngineError("archive-corrupt", "not a regular file", { subject: whole });
      this.#root ??= realpathSync(this.name);
      const real = realpathSync(whole);
      if (!real.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep))
        throw new EngineError("archive-corrupt", `a link out of the layout, to ${real}`, { subject: whole });
      const handle = openSync(real, "r");
      const { size, mtime } = fstatSync(handle);
      return {
        size,
        changed: mtime,
        read: (length, offset) => reading(whole, () => readAt(handle, length, offset)),
        close: () => closeSync(handle),
      };
    });
  }

  list(folder: string): readonly string[] {
    const whole = join(this.name, ...folder.split("/"));
    return reading(whole, () => readdirSync(whole));
  }

  close(): void {
    // Nothing stays open between two reads.
  }
}

/** A file of the layout that the system cannot read is damage to the layout. */
function reading<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(
      "archive-corrupt",
      `the layout cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { subject, cause: error },
    );
  }
}
