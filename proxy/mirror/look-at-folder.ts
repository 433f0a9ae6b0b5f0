/**
 * What the folder of a mirror is like: whether it can be written, whether the file system has locks, and who left a
 * name behind. Nothing of the mirror is opened; a probe is written into a folder of its own, and removed. Source:
 * docs/spec/offline.md#mirror, https://sqlite.org/howtocorrupt.html.
 */
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { openDatabase } from "./sqlite.ts";
import { guarded, toStoreError } from "./store-error.ts";
import { systemCode } from "../system-words.ts";
import { currentWriter, type LockHolder, readHolder } from "./writer-lock.ts";

/** Linux's numbers of file systems that machines share: their locks, or their order of writes, cannot be relied on. */
const shared: Readonly<Record<number, string>> = {
  26985: "NFS",
  20859: "SMB",
  4283649346: "CIFS",
  4266872130: "SMB 2",
  16914839: "9P",
  12805120: "Ceph",
  198183888: "Lustre",
  1397113167: "AFS",
};

export interface FolderLook {
  readonly kind: "folder" | "none" | "other";
  readonly isWritable: boolean;
  /** The network file system that it is on. */
  readonly fileSystem?: string;
  /** `untried`: nothing can be written there. */
  readonly locks: "work" | "fail" | "untried";
  readonly disk: { readonly freeBytes: number; readonly bytes: number; readonly freeFiles: number };
  /** Who writes at this moment; absent: nobody. */
  readonly writer?: Partial<LockHolder>;
  /** Who said that it writes, and was ended before it could take its name away: it holds nothing. */
  readonly left?: LockHolder;
}

const nothing = { freeBytes: 0, bytes: 0, freeFiles: 0 };

/** @throws EngineError where the operating system refuses to look, and as `currentWriter`. */
export function lookAtFolder(folder: string): FolderLook {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true)
    return { kind: found === undefined ? "none" : "other", isWritable: false, locks: "untried", disk: nothing };
  const { type, bavail, blocks, bsize, ffree } = statfsSync(folder);
  const isWritable = mayWrite(folder);
  const fileSystem = shared[type];
  const writer = existsSync(join(folder, "mirror.db")) ? currentWriter(folder) : undefined;
  const left = writer === undefined ? readHolder(folder) : undefined;
  return {
    kind: "folder",
    isWritable,
    ...(fileSystem === undefined ? {} : { fileSystem }),
    locks: isWritable ? tryLocks(folder) : "untried",
    disk: { freeBytes: bavail * bsize, bytes: blocks * bsize, freeFiles: ffree },
    ...(writer === undefined ? {} : { writer }),
    ...(left === undefined ? {} : { left }),
  };
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

/** Two writers of one file: the second one must be refused. */
function tryLocks(folder: string): "work" | "fail" | "untried" {
  let probe: string | undefined;
  try {
    probe = mkdtempSync(join(folder, ".doctor-"));
    const path = join(probe, "probe.db");
    const first = guarded(folder, () => openDatabase(path, { timeout: 0 }));
    const second = guarded(folder, () => openDatabase(path, { timeout: 0 }));
    try {
      first.exec("BEGIN EXCLUSIVE; CREATE TABLE probe (id INTEGER); ");
      return isRefused(() => second.exec("BEGIN EXCLUSIVE"), folder) ? "work" : "fail";
    } finally {
      second.close();
      first.close();
    }
  } catch (error) {
    // A disk that is full or read-only, and a file system without locks, say so here.
    if (systemCode(error) === undefined && !(error instanceof EngineError)) throw error;
    return "fail";
  } finally {
    if (probe !== undefined) rmSync(probe, { recursive: true, force: true });
  }
}

function isRefused(act: () => void, folder: string): boolean {
  try {
    act();
    return false;
  } catch (error) {
    const stored = toStoreError(error, folder);
    if (!(stored instanceof EngineError)) throw error;
    return stored.code === "mirror-busy";
  }
}
