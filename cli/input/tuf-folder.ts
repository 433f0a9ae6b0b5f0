/** A folder of TUF metadata as a mirror to fetch from: as a web server has it, as its makers keep it, or as a client does. What it holds is verified all the same. */
import { EngineError, parseRoot } from "../../core/index.ts";
import type { TufMirror } from "../../proxy/index.ts";
import type { CommandIO } from "../command.ts";

/** Names under which a file may stand: with its version or digest, without, in the folders of a repository's source. */
function namesOf(path: string): readonly string[] {
  const [, folder = "", name = path] = /^(.*\/)?([^/]*)$/.exec(path) ?? [];
  const bare = name.replace(/^(?:\d+|[0-9a-f]{64}|[0-9a-f]{128})\.(?=.)/, "");
  const names = [name, ...(bare === name ? [] : [bare])].map((one) => decodeURIComponent(`${folder}${one}`));
  return names.flatMap((one) => [one, ...(folder === "" ? [`metadata/${one}`, `root_history/${one}`, `metadata/root_history/${one}`] : [])]);
}

const isBelow = (path: string): boolean => !path.includes("\\") && path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");

/** @throws EngineError `invalid-usage` when it is no folder. */
export function folderMirror(folder: string, io: CommandIO): TufMirror {
  if (io.pathKind(folder) !== "folder") throw new EngineError("invalid-usage", "not a folder of TUF metadata", { subject: folder });
  const read = (path: string): Uint8Array | undefined => {
    const version = /^(\d+)\.root\.json$/.exec(path)?.[1];
    for (const name of namesOf(path)) {
      const file = `${folder.replace(/\/$/, "")}/${name}`;
      if (!isBelow(name) || io.pathKind(file) !== "file") continue;
      const bytes = io.readFile(file);
      // A client keeps only its newest root, under a name without version: it may be another one than is asked for.
      if (version === undefined || name.includes(`${version}.root.json`) || parseRoot(bytes).version.toString() === version) return bytes;
    }
    return undefined;
  };
  return {
    url: folder,
    fetch: async (path, maxBytes) => {
      const bytes = read(path);
      if (bytes !== undefined && bytes.length > maxBytes) throw new EngineError("over-limit", `more than ${maxBytes} bytes`, { subject: path });
      return bytes;
    },
  };
}
