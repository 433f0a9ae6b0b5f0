/**
 * A folder of records: one file for each decision, by its id. A file is there whole or not at all. Source:
 * docs/spec/record.md#folder.
 */
import { lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { makeFolder } from "../make-folder.ts";
import { cannotWrite } from "../system-words.ts";

/** A full folder is looked at for each hundredth record, whatever its time says. */
const refusedBetweenLooks = 100;
/** No record takes so long: whoever began it was killed. */
const unfinishedMs = 60 * 60_000;
const unfinishedName = /^\.d-[0-9A-Z-]+\.partial$/;

export class RecordFolder {
  readonly path: string;
  readonly #limits: Limits;
  /** Bytes of each file that is there. */
  #sizes: Map<string, number>;
  /** All files and bytes, with those that are being written. */
  #held: Held;
  /** What is being written, and what was written during a look, which may have missed it. */
  readonly #writing = new Map<string, Writing>();
  /** The folder's time at the last look that found it full, and whether the look before saw the same time. */
  #fullAt: { readonly time: number; readonly isSure: boolean } | undefined;
  #refused = 0;
  #looking: Promise<void> | undefined;

  /** Makes the folder. @throws EngineError `invalid-usage` where that cannot be done. */
  constructor(path: string, limits: Limits) {
    this.path = path;
    this.#limits = limits;
    try {
      makeFolder(path);
      this.#sizes = new Map(
        readdirSync(path).map((name) => [name, statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0]),
      );
    } catch (error) {
      throw cannotWrite(path, error);
    }
    this.#held = heldIn(this.#sizes);
  }

  /**
   * Removes the unfinished files of writers that were killed. Else they would take the room of records for ever. Their
   * sizes stay counted until the next look, which comes when the folder seems full.
   * @returns how many there were.
   * @throws EngineError `invalid-usage` where that cannot be done.
   */
  removeUnfinished(now: Date): number {
    let count = 0;
    try {
      for (const name of this.#sizes.keys()) {
        if (!unfinishedName.test(name)) continue;
        const path = join(this.path, name);
        const found = lstatSync(path, { throwIfNoEntry: false });
        // Others may write into the folder, too.
        if (found === undefined || !found.isFile() || now.getTime() - found.mtimeMs < unfinishedMs) continue;
        rmSync(path, { force: true });
        count += 1;
      }
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    return count;
  }

  /**
   * Writes a record. The first name of its file is hidden, and tells nobody that it is one.
   * @throws EngineError `over-limit` where the folder is full, `invalid-usage` where it cannot be written.
   */
  async put(id: string, text: string): Promise<string> {
    const bytes = encodeUtf8(text);
    const { recordBytes } = this.#limits;
    if (bytes.length > recordBytes)
      throw new EngineError("over-limit", `a record of more than ${recordBytes} bytes`, { subject: id });
    const [name, hidden] = [`${id}.json`, `.${id}.partial`];
    const [to, from] = [join(this.path, name), join(this.path, hidden)];
    const writing = { hidden, bytes: bytes.length, isOver: false };
    try {
      if (!this.#begin(name, writing)) await this.#makeRoom(name, writing);
    } catch (error) {
      throw cannotWrite(to, error);
    }
    try {
      const file = await open(from, "wx", 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(from, to);
    } catch (error) {
      this.#writing.delete(name);
      this.#count(-1, -bytes.length);
      await rm(from, { force: true }).catch(() => undefined);
      throw cannotWrite(to, error);
    }
    this.#sizes.set(name, bytes.length);
    writing.isOver = true;
    if (this.#looking === undefined) this.#writing.delete(name);
    return to;
  }

  #count(files: number, bytes: number): void {
    this.#held = { files: this.#held.files + files, bytes: this.#held.bytes + bytes };
  }

  /** False where there is no room. */
  #begin(name: string, writing: Writing): boolean {
    const { recordFolderBytes, replayedRecords } = this.#limits;
    if (this.#held.files >= replayedRecords || this.#held.bytes + writing.bytes > recordFolderBytes) return false;
    this.#count(1, writing.bytes);
    this.#writing.set(name, writing);
    return true;
  }

  /**
   * Looks again where it was full, and somebody took records away since: that changes the folder's time. Records that
   * come meanwhile wait for the same look.
   */
  async #makeRoom(name: string, writing: Writing): Promise<void> {
    const time = statSync(this.path).mtimeMs;
    const isTurn = this.#refused++ % refusedBetweenLooks === 0;
    // Times of files are coarse: at one time records may be taken away before a look, and after it.
    const isDue = isTurn || this.#fullAt?.time !== time || !this.#fullAt.isSure;
    if (isDue || this.#looking !== undefined) {
      this.#looking ??= this.#look(time).finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
      if (this.#begin(name, writing)) return;
    }
    throw new EngineError(
      "over-limit",
      `there are ${this.#held.files} records of ${this.#held.bytes} bytes, and no room for more: move them elsewhere`,
      { subject: this.path },
    );
  }

  async #look(time: number): Promise<void> {
    const known = this.#sizes;
    const sizes = new Map<string, number>();
    for (const name of await readdir(this.path)) sizes.set(name, known.get(name) ?? (await this.#sizeOf(name)));
    this.#sizes = sizes;
    this.#fullAt = { time, isSure: this.#fullAt?.time === time };
    this.#held = heldIn(sizes);
    for (const [name, { hidden, bytes, isOver }] of this.#writing) {
      for (const one of [hidden, name]) {
        const size = sizes.get(one);
        if (size !== undefined) this.#count(-1, -size);
        sizes.delete(one);
      }
      this.#count(1, bytes);
      if (!isOver) continue;
      sizes.set(name, bytes);
      this.#writing.delete(name);
    }
  }

  async #sizeOf(name: string): Promise<number> {
    try {
      return (await stat(join(this.path, name))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      // It was taken away meanwhile.
      return 0;
    }
  }
}

interface Writing {
  readonly hidden: string;
  readonly bytes: number;
  isOver: boolean;
}

interface Held {
  readonly files: number;
  readonly bytes: number;
}

function heldIn(sizes: ReadonlyMap<string, number>): Held {
  let bytes = 0;
  for (const size of sizes.values()) bytes += size;
  return { files: sizes.size, bytes };
}
