/**
 * Text that is collected as bytes: what is kept for a while as strings becomes old in the eyes of the garbage
 * collector, which then lets memory grow.
 */
const textLength = 8 * 1024;

export class TextBuffer {
  readonly #bytes: Buffer;
  #filled = 0;
  /** What is not yet among the bytes: many short texts become bytes in one step. */
  #text = "";

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    this.#encode();
    return this.#filled;
  }

  /** Whether it has room for this text. */
  add(text: string): boolean {
    // Three bytes is the most that one unit of UTF-16 takes.
    if ((this.#text.length + text.length) * 3 > this.#bytes.length - this.#filled) {
      const room = this.#bytes.length - this.length;
      if (text.length * 3 > room && Buffer.byteLength(text) > room) return false;
    }
    this.#text += text;
    if (this.#text.length >= textLength) this.#encode();
    return true;
  }

  #encode(): void {
    if (this.#text === "") return;
    this.#filled += this.#bytes.write(this.#text, this.#filled);
    this.#text = "";
  }

  /** What was added since the last time, until something is added again. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length);
    this.#filled = 0;
    return taken;
  }
}
