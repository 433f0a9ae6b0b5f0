/**
 * A layer that is being pulled into the store: one pull, however many clients want it. Each reads the file as it grows,
 * as fast as it can; the first piece reaches it at once.
 */
import { type FileHandle, open } from "node:fs/promises";
import type { Digest } from "../../core/crypto/digest.ts";
import type { EngineError } from "../../core/errors.ts";
import { systemCode } from "../system-words.ts";
import type { PulledLayers } from "./pulled-layers.ts";
import { PieceReader } from "./piece-reader.ts";
import { toStreamError } from "./verified-pump.ts";

export class LayerFlight {
  readonly size: number;
  /** When the layer is in the store, or cannot be, and why. */
  readonly ended: Promise<EngineError | undefined>;
  readonly #layers: PulledLayers;
  readonly #digest: Digest;
  #path: string | undefined;
  #written = 0;
  #isStored = false;
  #error: EngineError | undefined;
  /** Not a `Set`: its `clear` links what it held to what it holds next, and so keeps old garbage alive. */
  #waiting: (() => void)[] = [];

  constructor(layers: PulledLayers, digest: Digest, size: number, source: AsyncIterable<Uint8Array>) {
    this.size = size;
    this.#layers = layers;
    this.#digest = digest;
    this.ended = layers
      .add(
        digest,
        size,
        source,
        (path) => {
          this.#path = path;
        },
        (written) => {
          this.#written = written;
          this.#wake();
        },
      )
      .then(
        () => {
          this.#isStored = true;
          this.#wake();
          return undefined;
        },
        (error: unknown) => {
          this.#error = toStreamError(error, digest);
          this.#wake();
          return this.#error;
        },
      );
  }

  /** What was written, from its beginning, as it comes, as a {@link PieceReader} gives it. @throws why it cannot be. */
  async *read(): AsyncGenerator<Uint8Array> {
    while (this.#path === undefined) await this.#change();
    const file = await this.#open(this.#path);
    try {
      const pieces = new PieceReader(file);
      for (;;) {
        if (pieces.at < this.#written) yield await pieces.read(this.#written);
        else if (this.#isStored) return;
        else await this.#change();
      }
    } finally {
      await file.close();
    }
  }

  /** It gets its name when it is whole, which may be at this moment. */
  async #open(path: string): Promise<FileHandle> {
    try {
      return await open(path, "r");
    } catch (error) {
      const failed = systemCode(error) === "ENOENT" ? await this.ended : undefined;
      const stored = failed === undefined ? this.#layers.find(this.#digest) : undefined;
      if (stored === undefined) throw failed ?? error;
      return open(stored.path, "r");
    }
  }

  async #change(): Promise<void> {
    if (this.#error === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#error !== undefined) throw this.#error;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
