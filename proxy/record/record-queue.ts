/**
 * Records of a server on their way to the disk: no answer waits for it, and none fails because of it. What does not fit
 * is lost, counted and said. Source: docs/spec/record.md#folder.
 */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { RecordFolder } from "./record-folder.ts";

export interface RecordQueueOptions {
  readonly folder: Pick<RecordFolder, "path" | "put">;
  readonly limits: Limits;
  /** `lost`: how many were lost since the last time that all were written. */
  readonly report: (error: EngineError, lost: number) => void;
  readonly count: (result: "written" | "lost") => void;
}

interface Waiting {
  readonly id: string;
  readonly make: () => string;
  readonly size: number;
}

/** As texts in memory; a larger record is alone. */
const bytesAhead = 32 * 1024 * 1024;

export class RecordQueue {
  readonly #options: RecordQueueOptions;
  readonly #waiting: Waiting[] = [];
  /** Of what waits. */
  #bytes = 0;
  /** On their way, and how many bytes their texts have together. */
  readonly #writes = new Set<Promise<void>>();
  #writing = 0;
  #sending: Promise<void> | undefined;
  #lost = 0;

  constructor(options: RecordQueueOptions) {
    this.#options = options;
  }

  /** `make` is called when it is written. `size`: bytes that it holds until then, about. */
  add(id: string, make: () => string, size = 0): void {
    const { recordsWaiting, recordsWaitingBytes } = this.#options.limits;
    const count = this.#waiting.length + this.#writes.size;
    const bytes = this.#bytes + this.#writing;
    if (count >= recordsWaiting || bytes + size > recordsWaitingBytes) {
      const waiting = `${count} records, of ${bytes} bytes`;
      this.#lose(
        new EngineError("over-limit", `${waiting}, wait for the disk: it is too slow`, {
          subject: this.#options.folder.path,
        }),
      );
      return;
    }
    this.#waiting.push({ id, make, size });
    this.#bytes += size;
    this.#sending ??= this.#send();
  }

  /** Once everything that waits was written, or lost. */
  async close(): Promise<void> {
    while (this.#sending !== undefined || this.#writes.size > 0) {
      await this.#sending;
      await Promise.all(this.#writes);
    }
  }

  /**
   * Whatever came is on its way one turn later, all of it at once: each step of a write takes a turn, and a busy server
   * has turns that are long and few. One record after another would be left behind by requests that come by the dozen.
   */
  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Requests that came meanwhile are answered first.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#writing < bytesAhead || this.#writes.size === 0) {
        const next = this.#waiting.shift();
        if (next === undefined) break;
        this.#bytes -= next.size;
        this.#start(next);
      }
      if (this.#waiting.length > 0) await Promise.race(this.#writes);
    }
    this.#sending = undefined;
  }

  #start({ id, make }: Waiting): void {
    let text: string;
    try {
      text = make();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#lose(error);
      return;
    }
    this.#writing += text.length;
    const write = this.#put(id, text).then((isWritten) => {
      this.#writing -= text.length;
      this.#writes.delete(write);
      // Over only where everything was written: what is lost now and then is one trouble.
      if (isWritten && this.#writes.size === 0 && this.#waiting.length === 0) this.#lost = 0;
    });
    this.#writes.add(write);
  }

  async #put(id: string, text: string): Promise<boolean> {
    const { folder, count } = this.#options;
    try {
      await folder.put(id, text);
      count("written");
      return true;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#lose(error);
      return false;
    }
  }

  /** Said at the first, and then as often as the number doubles: a full disk must not fill the log, too. */
  #lose(error: EngineError): void {
    this.#lost += 1;
    this.#options.count("lost");
    if ((this.#lost & (this.#lost - 1)) === 0) this.#options.report(error, this.#lost);
  }
}
