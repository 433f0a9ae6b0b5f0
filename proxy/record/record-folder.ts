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

export class RecordFolder {
  readonly path: string;
  readonly #limits: Limits;
  #bytes: number;

  /** Makes the folder. @throws EngineError `invalid-usage` where that cannot be done. */
  constructor(path: string, limits: Limits) {
    this.path = path;
    this.#limits = limits;
    try {
      makeFolder(path);
      this.#bytes = bytesIn(path);
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
    const { recordBytes, recordFolderBytes } = this.#limits;
    if (bytes.length > recordBytes)
      throw new EngineError("over-limit", `a record of more than ${recordBytes} bytes`, { subject: id });
    if (this.#bytes + bytes.length > recordFolderBytes)
      throw new EngineError(
        "over-limit",
        `the records have more than ${recordFolderBytes} bytes: move them elsewhere`,
        {
          subject: this.path,
        },
      );
    const to = join(this.path, `${id}.json`);
    const from = join(this.path, `.${id}.partial`);
    this.#bytes += bytes.length;
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
      this.#bytes -= bytes.length;
      await rm(from, { force: true }).catch(() => undefined);
      throw cannotWrite(to, error);
    }
  }
}

function bytesIn(path: string): number {
  let sum = 0;
  for (const name of readdirSync(path)) sum += statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0;
  return sum;
}
