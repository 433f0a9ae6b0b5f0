/**
 * Reads a file piece by piece into two buffers by turns: what it gave may be used until the piece after the next is
 * asked for. A buffer for each piece would be garbage that is collected late.
 */
import { type FileHandle, open } from "node:fs/promises";

const pieceBytes = 256 * 1024;

export class PieceReader {
  readonly #file: FileHandle;
  readonly #buffers: Buffer[] = [];
  #count = 0;
  /** The next byte. */
  at: number;

  constructor(file: FileHandle, at = 0) {
    this.#file = file;
    this.at = at;
  }

  /** The next piece, of what lies before the byte `end`; an empty one where the file has no more. */
  async read(end: number): Promise<Uint8Array> {
    const turn = this.#count++ % 2;
    this.#buffers[turn] ??= Buffer.allocUnsafeSlow(pieceBytes);
    const buffer = this.#buffers[turn];
    const { bytesRead } = await this.#file.read(buffer, 0, Math.min(pieceBytes, end - this.at), this.at);
    this.at += bytesRead;
    return buffer.subarray(0, bytesRead);
  }
}

/** The bytes of a file from one to another, or less where it is shorter. */
export async function* piecesOf(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const pieces = new PieceReader(file, start);
    while (pieces.at < end) {
      const piece = await pieces.read(end);
      if (piece.length === 0) return;
      yield piece;
    }
  } finally {
    await file.close();
  }
}
