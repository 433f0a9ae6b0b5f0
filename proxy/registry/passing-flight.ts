/**
 * A layer that passes through without being stored: one pull, however many clients want it. Its beginning is kept in
 * memory while it has room, so that those who come a little later join; later its pieces are kept until everybody has
 * them. A client that falls behind by more than the room goes on alone.
 */
import type { EngineError } from "../../core/errors.ts";
import { LayerWindow, Slabs } from "./layer-window.ts";
import { toStreamError } from "./verified-pump.ts";

interface Reader {
  /** What it may still use: the piece before the last, and the last. */
  from: number;
  to: number;
  /** The next byte that it wants. */
  at: number;
  /** It was left behind: what it wants next is gone. */
  isAlone: boolean;
}

export interface PassingOptions {
  readonly digest: string;
  readonly size: number | undefined;
  readonly source: AsyncIterable<Uint8Array>;
  /** Of what is kept. */
  readonly windowBytes: number;
  /** Where its buffers come from, and go. */
  readonly slabs?: Slabs;
  /** The rest for a client that was left behind, from a byte on. */
  readonly alone: (from: number) => AsyncIterable<Uint8Array>;
  /** How long the others wait for one that is behind. */
  readonly patienceMs?: number;
}

const defaultPatienceMs = 2_000;
/**
 * What is read before the fastest client wants it, and how little of it is left when more is read: what waits in the
 * buffers of a socket grows old there, and old garbage is collected late.
 */
const aheadBytes = 1024 * 1024;
const leastAheadBytes = 256 * 1024;

export class PassingFlight {
  readonly size: number | undefined;
  /** When nothing comes any more, or nobody wants it; why, where that is a failure. */
  readonly ended: Promise<EngineError | undefined>;
  readonly #options: PassingOptions;
  readonly #window: LayerWindow;
  readonly #readers = new Set<Reader>();
  /** Not a `Set`: its `clear` links what it held to what it holds next, and so keeps old garbage alive. */
  #waiting: (() => void)[] = [];
  #isDone = false;
  #error: EngineError | undefined;
  #hadReader = false;
  #isAbandoned = false;

  constructor(options: PassingOptions) {
    this.#options = options;
    this.#window = new LayerWindow(options.windowBytes, options.slabs ?? new Slabs(0));
    this.size = options.size;
    this.ended = this.#fly().then(
      () => {
        this.#isDone = true;
        this.#wake();
        this.#dropAfterAll();
        return undefined;
      },
      (error: unknown) => {
        this.#error = toStreamError(error, options.digest);
        this.#wake();
        this.#dropAfterAll();
        return this.#error;
      },
    );
  }

  /** Whether a reader that comes now gets all of it. */
  get isWhole(): boolean {
    return this.#window.start === 0 && this.#error === undefined && this.#isWanted();
  }

  /**
   * From its beginning. The caller must read it, and may use a piece until it asks for the one after the next: its
   * bytes are not its own. @throws why the layer cannot be had.
   */
  read(): AsyncGenerator<Uint8Array> {
    const reader: Reader = { from: 0, to: 0, at: 0, isAlone: this.#window.start > 0 || this.#isAbandoned };
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
        const piece = this.#window.view(reader.at);
        if (piece !== undefined) {
          reader.to = reader.at + piece.length;
          yield piece;
          reader.from = reader.at;
          reader.at = reader.to;
          this.#wake();
        } else if (this.#error !== undefined) throw this.#error;
        else if (this.#isDone) return;
        else await this.#change();
      }
    } finally {
      this.#window.lend(reader.from, reader.to);
      this.#readers.delete(reader);
      this.#wake();
      this.#dropAfterAll();
    }
  }

  async #fly(): Promise<void> {
    for await (const piece of this.#options.source) {
      let rest = piece;
      while (rest.length > 0) {
        if (!(await this.#makeRoom())) return;
        rest = this.#window.add(rest);
        this.#wake();
      }
      if (this.#ahead() >= aheadBytes) while (this.#isWanted() && this.#ahead() > leastAheadBytes) await this.#change();
      if (!this.#isWanted()) return;
    }
  }

  /** Drops what everybody has; who holds it up is left behind. False: nobody is there any more. */
  async #makeRoom(): Promise<boolean> {
    const { patienceMs = defaultPatienceMs } = this.#options;
    const window = this.#window;
    const until = performance.now() + patienceMs;
    // When the beginning is gone, nobody joins any more, and nothing is kept for those who might.
    while (window.start > 0 && window.firstEnd <= window.end && this.#behind().length === 0) window.drop();
    while (window.isFull) {
      if (!this.#isWanted()) return false;
      const behind = this.#behind();
      const isHeldUp = behind.length > 0;
      const others = [...this.#readers].some((reader) => !reader.isAlone && !behind.includes(reader));
      if (isHeldUp && (!others || performance.now() < until)) {
        await this.#change(others ? until - performance.now() : undefined);
        continue;
      }
      for (const reader of behind) {
        reader.isAlone = true;
        window.lend(reader.from, reader.to);
      }
      window.drop();
      if (isHeldUp) this.#wake();
    }
    return true;
  }

  /** Who still needs what is dropped next. */
  #behind(): readonly Reader[] {
    return [...this.#readers].filter(({ from, isAlone }) => !isAlone && from < this.#window.firstEnd);
  }

  /** When nothing comes any more, and everybody has what came. */
  #dropAfterAll(): void {
    const isEnded = this.#isDone || this.#error !== undefined;
    if (isEnded && (this.#isAbandoned || this.#hadReader) && !this.#isWanted()) this.#window.close();
  }

  /** Before the first has come, it is wanted by whoever began it. */
  #isWanted(): boolean {
    if (!this.#hadReader) return !this.#isAbandoned;
    return [...this.#readers].some(({ isAlone }) => !isAlone);
  }

  #ahead(): number {
    return this.#window.end - Math.max(0, ...[...this.#readers].map(({ at }) => at));
  }

  #change(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake(), Math.max(0, ms));
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
