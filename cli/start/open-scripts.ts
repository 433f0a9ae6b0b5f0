/** The scripts of chunks from their folder, with the code that was compiled for this Node where there is some. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { codeSeals, compiledFolder, compiledName, type NodeFacts } from "./compiled-code.ts";

/** How a chunk is called in a stack trace: compiled code keeps the name, and the program is moved after its build. */
export const shownName = (chunk: string): string => `chunks/${chunk}`;

export interface ScriptFolders {
  readonly chunks: string;
  /** Holds a folder for each Node that code was compiled for. */
  readonly compiled: string;
}

/** A file's bytes; one that cannot be read is as good as none: its source is there. */
function readIfReadable(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Reads only; whatever is wrong with compiled code costs time and changes nothing. */
export function openScripts(
  folders: ScriptFolders,
  facts: NodeFacts,
  require: (name: string) => unknown,
): (name: string) => Script {
  const folder = join(folders.compiled, compiledFolder(facts));
  // Loading Node's cryptography takes milliseconds.
  const seals = existsSync(folder)
    ? codeSeals(facts, (require("node:crypto") as typeof import("node:crypto")).hash)
    : undefined;
  return (name) => {
    const source = readFileSync(join(folders.chunks, name));
    const file = seals === undefined ? undefined : readIfReadable(join(folder, compiledName(name)));
    const code = file === undefined ? undefined : seals?.open(source, file);
    const named = { filename: shownName(name) };
    return new Script(source.toString("utf8"), code === undefined ? named : { ...named, cachedData: code });
  };
}
