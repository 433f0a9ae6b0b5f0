/**
 * Where an answer ends in what a connection brings, piece by piece; the next one is asked for after that. Source:
 * RFC 9112 section 6.
 */
import { Buffer } from "node:buffer";

const blank = Buffer.from("\r\n\r\n");
/** Of a body in chunks. No server here sends fields behind it. */
const lastChunk = "0\r\n\r\n";

export class AnswerEnd {
  /** What has come of the head, where it did not come at once. */
  #head = "";
  /** Bytes of the body that are still to come; absent: the head is still to come. */
  #left: number | undefined;
  /** The last bytes of a body whose length nobody said. */
  #tail = "";

  /**
   * Takes the first bytes of a buffer, and says whether the answer ended with them.
   * @throws Error for an answer that is not 200, or whose end cannot be told.
   */
  take(bytes: Buffer, length: number): boolean {
    if (this.#left !== undefined) return this.#takeBody(bytes, 0, length);
    const end = this.#head === "" ? bytes.subarray(0, length).indexOf(blank) : -1;
    if (end === -1) return this.#takePart(bytes, length);
    this.#begin(bytes.toString("latin1", 0, end));
    return this.#takeBody(bytes, end + blank.length, length);
  }

  #takePart(bytes: Buffer, length: number): boolean {
    const before = this.#head.length;
    this.#head += bytes.toString("latin1", 0, length);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1) return false;
    const head = this.#head.slice(0, end);
    this.#head = "";
    this.#begin(head);
    return this.#takeBody(bytes, end + blank.length - before, length);
  }

  #begin(head: string): void {
    if (!head.startsWith("HTTP/1.1 200")) throw new Error(`the server answered ${head.split("\r\n")[0]}`);
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
    if (length === undefined && !/\r\ntransfer-encoding: *chunked/i.test(head))
      throw new Error("the server does not say where its answer ends");
    this.#left = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
    this.#tail = "";
  }

  #takeBody(bytes: Buffer, from: number, to: number): boolean {
    if (this.#left === Number.POSITIVE_INFINITY) {
      const last = bytes.toString("latin1", Math.max(from, to - lastChunk.length), to);
      this.#tail = (this.#tail + last).slice(-lastChunk.length);
      if (this.#tail !== lastChunk) return false;
    } else {
      this.#left = (this.#left ?? 0) - (to - from);
      if (this.#left > 0) return false;
    }
    this.#left = undefined;
    return true;
  }
}
