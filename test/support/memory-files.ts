/** Files of other tools, in memory, with a list of what was read. */
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Files } from "../../proxy/upstream/config-files.ts";

export interface MemoryFiles extends Files {
  /** Paths, in order, since the last look. */
  readPaths(): readonly string[];
}

/** By path; objects are written as JSON. The record may change between two reads. */
export function memoryFiles(contents: Readonly<Record<string, string | object | Uint8Array>>): MemoryFiles {
  const paths: string[] = [];
  return {
    read(path) {
      paths.push(path);
      const content = Object.hasOwn(contents, path) ? contents[path] : undefined;
      if (content === undefined || content instanceof Uint8Array) return content;
      return encodeUtf8(typeof content === "string" ? content : JSON.stringify(content));
    },
    list(folder) {
      const names = Object.keys(contents).flatMap((path) =>
        path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1).split("/")[0] ?? ""] : [],
      );
      return [...new Set(names)].sort();
    },
    readPaths: () => paths.splice(0),
  };
}
