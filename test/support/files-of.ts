/** Files in memory, for what reads configuration. */
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Files } from "../../proxy/upstream/config-files.ts";

/** By path. The record may change between two reads. */
export const filesOf = (texts: Readonly<Record<string, string>>): Files => ({
  read: (path) => (Object.hasOwn(texts, path) ? encodeUtf8(texts[path] ?? "") : undefined),
  list: (folder) =>
    Object.keys(texts)
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1))
      .sort(),
});
