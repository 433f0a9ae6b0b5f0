/**
 * A folder of records: one file for each decision, by its id. A file is there whole or not at all. Source:
 * docs/spec/record.md#folder.
 */
import { readdirSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { makeFolder } from "../make-folder.ts";
import { cannotWrite } from "../system-words.ts";

/** To look at all files takes long, and somebody else may write into the folder, too. */
const refusedBetweenLooks = 100;

export class RecordFolder {
  readonly path: string;
  readonly #limits: Limits;
  #held: Held;
  /** The folder's time when it was found full: whoever takes records away changes it. */
  #fullAt: number | undefined;
  #refused = 0;
  /** Whether a change of the folder's time may be by who writes: records that were written since, or others' files. */
  #isWrittenTo = false;
  #writing = 0;

  /** Makes the folder. @throws EngineError `invalid-usage` where that cannot be done. */
  constructor(path: string, limits: Limits) {
    this.path = path;
    this.#limits = limits;
    try {
      makeFolder(path);
      this.#held = heldIn(path);
    } catch (error) {
      throw cannotWrite(path, error);
    }
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
    const to = join(this.path, `${id}.json`);
    const from = join(this.path, `.${id}.partial`);
    try {
      this.#requireRoom(bytes.length);
    } catch (error) {
      throw cannotWrite(to, error);
    }
    this.#count(1, bytes.length);
    this.#writing += 1;
    this.#isWrittenTo = true;
    try {
      const file = await open(from, "wx", 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(from, to);
      return to;
    } catch (error) {
      this.#count(-1, -bytes.length);
      await rm(from, { force: true }).catch(() => undefined);
      throw cannotWrite(to, error);
    } finally {
      this.#writing -= 1;
    }
  }

  #count(files: number, bytes: number): void {
    this.#held = { files: this.#held.files + files, bytes: this.#held.bytes + bytes };
  }

  /** Looks again where it was full, and somebody took records away since. */
  #requireRoom(bytes: number): void {
    const { recordFolderBytes, replayedRecords } = this.#limits;
    const isFull = (): boolean => this.#held.files >= replayedRecords || this.#held.bytes + bytes > recordFolderBytes;
    if (!isFull()) return;
    const changedAt = statSync(this.path, { throwIfNoEntry: false })?.mtimeMs;
    const isTurn = this.#refused++ % refusedBetweenLooks === 0 || !this.#isWrittenTo;
    if (isTurn && changedAt !== undefined && changedAt !== this.#fullAt) {
      this.#held = heldIn(this.path);
      this.#isWrittenTo = this.#writing > 0 || (!this.#isWrittenTo && this.#fullAt !== undefined);
      this.#fullAt = changedAt;
      this.#refused = isFull() ? this.#refused : 0;
      if (!isFull()) return;
    }
    throw new EngineError(
      "over-limit",
      `there are ${this.#held.files} records of ${this.#held.bytes} bytes, and no room for more: move them elsewhere`,
      { subject: this.path },
    );
  }
}

interface Held {
  readonly files: number;
  readonly bytes: number;
}

function heldIn(path: string): Held {
  const names = readdirSync(path);
  let bytes = 0;
  for (const name of names) bytes += statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0;
  return { files: names.length, bytes };
}
