/**
 * A layer that passes through without being stored: one pull, however many clients want it. Its beginning is kept in
 * memory while it has room, so that those who come a little later join; later its pieces are kept until everybody has
 * them. A client that falls behind by more than the room goes on alone.
 */
import type { EngineError } from "../../core/errors.ts";
import { toStreamError } from "./verified-pump.ts";

interface Reader {
  /** The next byte that it wants. */
  at: number;
  /** It was left behind: what it wants next is gone. */
  isAlone: boolean;
}

export interface PassingOptions {
  readonly digest: string;
  readonly size: number | undefined;
  readonly source: AsyncIterable<Uint8Array>;
  /** Of pieces that are kept. */
  readonly windowBytes: number;
  /** The rest for a client that was left behind, from a byte on. */
  readonly alone: (from: number) => AsyncIterable<Uint8Array>;
  /** How long the others wait for one that is behind. */
  readonly patienceMs?: number;
}

const defaultPatienceMs = 2_000;
/** What is read before the fastest client wants it. */
const aheadBytes = 512 * 1024;

export class PassingFlight {
  readonly size: number | undefined;
  /** When nothing comes any more, or nobody wants it; why, where that is a failure. */
  readonly ended: Promise<EngineError | undefined>;
  readonly #options: PassingOptions;
  readonly #pieces: Uint8Array[] = [];
  /** The bytes that are kept: from, to. */
  #start = 0;
  #end = 0;
  readonly #readers = new Set<Reader>();
  readonly #waiting = new Set<() => void>();
  #isDone = false;
  #error: EngineError | undefined;
  #hadReader = false;
  #isAbandoned = false;

  constructor(options: PassingOptions) {
    this.#options = options;
    this.size = options.size;
    this.ended = this.#fly().then(
      () => {
        this.#isDone = true;
        this.#wake();
        return undefined;
      },
      (error: unknown) => {
        this.#error = toStreamError(error, options.digest);
        this.#wake();
        return this.#error;
      },
    );
  }

  /** Whether a reader that comes now gets all of it. */
  get isWhole(): boolean {
    return this.#start === 0 && this.#error === undefined && this.#isWanted();
  }

  /** From its beginning. The caller must read it. @throws why the layer cannot be had. */
  read(): AsyncGenerator<Uint8Array> {
    const reader: Reader = { at: 0, isAlone: this.#start > 0 || this.#isAbandoned };
    this.#readers.add(reader);
    this.#hadReader = true;
    return this.#read(reader);
  }

  /** Whoever began it does not want it after all: without readers it ends. */
  release(): void {
    this.#isAbandoned = this.#readers.size === 0;
    this.#wake();
  }

  async *#read(reader: Reader): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (reader.isAlone) return yield* this.#options.alone(reader.at);
        const piece = this.#pieceAt(reader.at);
        if (piece !== undefined) {
          yield piece;
          reader.at += piece.length;
          this.#wake();
        } else if (this.#error !== undefined) throw this.#error;
        else if (this.#isDone) return;
        else await this.#change();
      }
    } finally {
      this.#readers.delete(reader);
      this.#wake();
    }
  }

  async #fly(): Promise<void> {
    for await (const piece of this.#options.source) {
      if (!(await this.#makeRoom(piece.length))) return;
      this.#pieces.push(piece);
      this.#end += piece.length;
      this.#wake();
      while (this.#isWanted() && this.#end - this.#furthest() >= aheadBytes) await this.#change();
      if (!this.#isWanted()) return;
    }
  }

  /** Drops what everybody has; who holds it up is left behind. False: nobody is there any more. */
  async #makeRoom(bytes: number): Promise<boolean> {
    const { windowBytes, patienceMs = defaultPatienceMs } = this.#options;
    const until = performance.now() + patienceMs;
    while (this.#end + bytes - this.#start > windowBytes && this.#pieces.length > 0) {
      if (!this.#isWanted()) return false;
      const first = this.#pieces[0] as Uint8Array;
      const behind = [...this.#readers].filter(({ at, isAlone }) => !isAlone && at < this.#start + first.length);
      const isHeldUp = behind.length > 0;
      const others = [...this.#readers].some((reader) => !reader.isAlone && !behind.includes(reader));
      if (isHeldUp && (!others || performance.now() < until)) {
        await this.#change(others ? until - performance.now() : undefined);
        continue;
      }
      for (const reader of behind) reader.isAlone = true;
      this.#pieces.shift();
      this.#start += first.length;
      if (isHeldUp) this.#wake();
    }
    return true;
  }

  #pieceAt(at: number): Uint8Array | undefined {
    let start = this.#start;
    for (const piece of this.#pieces) {
      if (at < start + piece.length) return at === start ? piece : piece.subarray(at - start);
      start += piece.length;
    }
    return undefined;
  }

  /** Before the first has come, it is wanted by whoever began it. */
  #isWanted(): boolean {
    if (!this.#hadReader) return !this.#isAbandoned;
    return [...this.#readers].some(({ isAlone }) => !isAlone);
  }

  #furthest(): number {
    return Math.max(0, ...[...this.#readers].map(({ at }) => at));
  }

  #change(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake(), Math.max(0, ms));
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
