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
  /** `lost`: how many were lost since the last that was written. */
  readonly report: (error: EngineError, lost: number) => void;
  readonly count: (result: "written" | "lost") => void;
}

interface Waiting {
  readonly id: string;
  readonly make: () => string;
  readonly size: number;
}

export class RecordQueue {
  readonly #options: RecordQueueOptions;
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #lost = 0;
  /** Of what waits. */
  #bytes = 0;

  constructor(options: RecordQueueOptions) {
    this.#options = options;
  }

  /** `make` is called when it is written. `size`: bytes that it holds until then, about. */
  add(id: string, make: () => string, size = 0): void {
    const { recordsWaiting, recordsWaitingBytes } = this.#options.limits;
    if (this.#waiting.length >= recordsWaiting || this.#bytes + size > recordsWaitingBytes) {
      const waiting = `${this.#waiting.length} records, of ${this.#bytes} bytes`;
      this.#lose(
        new EngineError("over-limit", `${waiting}, wait for the disk: it is too slow`, {
          subject: this.#options.folder.path,
        }),
      );
      return;
    }
    this.#waiting.push({ id, make, size });
    this.#bytes += size;
    this.#writing ??= this.#write();
  }

  /** Once everything that waits was written, or lost. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { folder, count } = this.#options;
    for (;;) {
      // Requests that came meanwhile are answered first.
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#bytes -= next.size;
      try {
        await folder.put(next.id, next.make());
        count("written");
        this.#lost = 0;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        this.#lose(error);
      }
    }
    this.#writing = undefined;
  }

  /** Said at the first, and then as often as the number doubles: a full disk must not fill the log, too. */
  #lose(error: EngineError): void {
    this.#lost += 1;
    this.#options.count("lost");
    if ((this.#lost & (this.#lost - 1)) === 0) this.#options.report(error, this.#lost);
  }
}
