/**
 * Text that is collected as bytes: what is kept for a while as strings becomes old in the eyes of the garbage
 * collector, which then lets memory grow.
 */
export class TextBuffer {
  readonly #bytes: Buffer;
  length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** Whether it has room for this text. */
  add(text: string): boolean {
    // Three bytes is the most that one unit of UTF-16 takes.
    const room = this.#bytes.length - this.length;
    if (text.length * 3 > room && Buffer.byteLength(text) > room) return false;
    this.length += this.#bytes.write(text, this.length);
    return true;
  }

  /** What was added since the last time, until something is added again. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }
}
