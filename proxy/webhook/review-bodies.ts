/**
 * Bodies of reviews while they come, within one bound for all of them. API servers send a review at once. Whoever sends
 * slowly, or only a part, makes room for them: the one that has been coming for the longest time ends first.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Of so many bytes a review is read whatever else is in memory: what is not answered may be admitted. */
const smallReview = 1024 * 1024;
/** What a piece takes in memory beside its bytes: clients choose how small pieces are. */
const pieceBytes = 256;
/** Bodies that come at the same time: who sends one at once is done in a moment, however many others send. */
const mostComing = 512;
/** Of a review in chunks nobody knows before how long it is; one with a length is bounded by the server. */
const longestInChunks = 32 * 1024 * 1024;
/** Of all room this part is for what still comes, however many large reviews wait for an answer. */
const partForComing = 1 / 4;

interface Coming {
  pieces: Buffer[];
  bytes: number;
  /** Without the memory that its pieces take beside. */
  length: number;
  readonly refuse: () => void;
}

/** The body, and that nobody waits for it any more. */
type Whole = (body: Buffer) => void;

export class ReviewBodies {
  readonly #most: number;
  /** The one that began to come longest ago is the first. */
  readonly #coming = new Set<Coming>();
  #comingBytes = 0;
  /** Of large reviews that came, until they are answered. */
  #largeBytes = 0;

  /** `most`: bytes of all of them, as `limits.reviewBytes`. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes that are in memory now. */
  get bytes(): number {
    return this.#comingBytes + this.#largeBytes;
  }

  /**
   * Hands over the body once all of it is here. One for which there is no room is refused: 503, and one in chunks that
   * is too long: 413. The connection ends with that.
   */
  read(request: IncomingMessage, response: ServerResponse, whole: Whole): void {
    const refuse = (error: string, status = 503): void => {
      const body = JSON.stringify({ error });
      const fields = ["content-type", "application/json", "content-length", String(Buffer.byteLength(body))];
      response.writeHead(status, [...fields, "connection", "close"]);
      response.end(body);
    };
    const tooMany = "too many large reviews at the same time; try again";
    const isTooMuch = (length: number): boolean => length > smallReview && this.#largeBytes + length > this.#most;
    if (isTooMuch(Number(request.headers["content-length"] ?? 0))) {
      refuse(tooMany);
      return;
    }
    const isInChunks = request.headers["transfer-encoding"] !== undefined;
    const one: Coming = {
      pieces: [],
      bytes: 0,
      length: 0,
      refuse: () => refuse("too many reviews are coming at the same time, and this one took longest; try again"),
    };
    this.#coming.add(one);
    this.#makeRoom();
    request.on("data", (piece: Buffer) => {
      if (!this.#coming.has(one)) return;
      one.pieces.push(piece);
      one.length += piece.length;
      one.bytes += piece.length + pieceBytes;
      this.#comingBytes += piece.length + pieceBytes;
      if (isInChunks && (one.length > longestInChunks || isTooMuch(one.length))) {
        this.#end(one);
        if (one.length > longestInChunks) refuse("the review is too long", 413);
        else refuse(tooMany);
        return;
      }
      this.#makeRoom();
    });
    // Of a client that went away, too.
    request.on("error", () => {
      this.#end(one);
      response.destroy();
    });
    request.on("end", () => {
      if (!this.#coming.has(one)) return;
      const { pieces, length } = one;
      this.#end(one);
      const body = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
      if (length > smallReview) {
        this.#largeBytes += length;
        response.on("close", () => {
          this.#largeBytes -= length;
        });
      }
      whole(body);
    });
  }

  #makeRoom(): void {
    if (this.#hasRoom()) return;
    for (const oldest of this.#coming) {
      this.#end(oldest);
      oldest.refuse();
      if (this.#hasRoom()) return;
    }
  }

  #hasRoom(): boolean {
    const room = Math.max(this.#most - this.#largeBytes, this.#most * partForComing);
    return this.#comingBytes <= room && this.#coming.size <= mostComing;
  }

  #end(one: Coming): void {
    if (!this.#coming.delete(one)) return;
    this.#comingBytes -= one.bytes;
    one.pieces = [];
  }
}
