/** The machine: Node, and the folder of the mirror. Source: docs/spec/command-line.md#status-and-doctor. */
import { EngineError } from "../../core/errors.ts";
import type { FolderLook } from "../../proxy/mirror/look-at-folder.ts";
import type { LockHolder } from "../../proxy/mirror/writer-lock.ts";
import { plainFix } from "../render/fix.ts";
import { toSizeText } from "../render/size.ts";
import { toUtcText } from "../render/time.ts";
import { type Item, withStore } from "./item.ts";

/** The oldest Node that the program runs on. */
const oldestNode = [20, 19] as const;

export function nodeItem({
  node,
  platform,
  arch,
}: {
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
}): Item {
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const isOld = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
  const text = `Node ${node} on ${platform}-${arch}`;
  return isOld
    ? {
        name: "node",
        state: "failed",
        code: "invalid-config",
        text: `${text}; ${oldestNode.join(".")} or later is needed`,
        fix: `install Node ${oldestNode.join(".")} or later`,
      }
    : { name: "node", state: "ok", text };
}

/** What `look` throws, as an item that failed. */
export function attempted(
  name: string,
  fix: string | ((error: EngineError) => string),
  look: () => Item | readonly Item[],
): readonly Item[] {
  try {
    return [look()].flat();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [failedItem(name, error, typeof fix === "string" ? fix : fix(error))];
  }
}

export const failedItem = (name: string, { code, message, subject }: EngineError, fix: string): Item => ({
  name,
  ...(subject === undefined || message.includes(subject) ? {} : { subject }),
  state: "failed",
  code,
  text: plainFix(message),
  fix,
});

const who = ({ command, pid, host, since }: Partial<LockHolder>): string =>
  pid === undefined
    ? "a process that did not say its name"
    : `${command === undefined ? "" : `${command}, `}process ${pid} on ${host ?? "?"}` +
      `${since === undefined || Number.isNaN(Date.parse(since)) ? "" : `, since ${toUtcText(new Date(since))}`}`;

/** The folder of a mirror that is to be written here; a reader may make do with less. */
export function folderItems(look: FolderLook, store: string): readonly Item[] {
  if (look.kind !== "folder") {
    const text = look.kind === "none" ? `${store} is not there` : `${store} is not a folder`;
    const fix = withStore("sallyport mirror add --store STORE LAYOUT", store);
    return [{ name: "store", state: "failed", code: "invalid-usage", text, fix }];
  }
  const { isWritable, fileSystem, locks, disk, writer, left } = look;
  return [
    isWritable
      ? { name: "store", state: "ok", text: `${store} can be written` }
      : { name: "store", state: "warning", text: `${store} can only be read by this user`, fix: `ls -ld ${store}` },
    ...(fileSystem === undefined ? [] : [sharedItem(fileSystem)]),
    locks === "fail"
      ? {
          name: "locks",
          state: "failed",
          code: "invalid-usage",
          text: "locks do not keep two writers apart there, or nothing can be written",
          fix: "keep the mirror on a local disk with free space: --store FOLDER",
        }
      : { name: "locks", state: locks === "work" ? "ok" : "skipped", text: lockWords[locks] },
    writerItem(writer, left),
    ...(disk.freeFiles === 0 && disk.bytes > 0 ? [inodeItem] : []),
    ...(disk.freeBytes < 64 * 2 ** 20 ? [fullItem(disk.freeBytes, store)] : []),
  ];
}

const lockWords = {
  work: "locks keep two writers apart",
  untried: "not tried: nothing can be written there",
} as const;

const sharedItem = (fileSystem: string): Item => ({
  name: "file system",
  state: "warning",
  text: `the folder is on ${fileSystem}: one mirror must not be shared so by several machines`,
  fix: "keep the mirror on a local disk: --store FOLDER",
});

const writerItem = (writer: Partial<LockHolder> | undefined, left: LockHolder | undefined): Item => {
  const name = "writer";
  if (writer !== undefined) return { name, state: "ok", text: `${who(writer)}, writes at this moment` };
  if (left === undefined) return { name, state: "ok", text: "nobody writes at this moment" };
  return { name, state: "ok", text: `nobody writes; ${who(left)}, was ended before it was done, and holds no lock` };
};

const inodeItem: Item = {
  name: "disk",
  state: "failed",
  code: "mirror-busy",
  text: "no more files can be made on this disk",
  fix: "df -i",
};

const fullItem = (free: number, store: string): Item => ({
  name: "disk",
  state: "failed",
  code: "mirror-busy",
  text: `only ${toSizeText(free)} are free`,
  fix: withStore("sallyport mirror gc --store STORE", store),
});
