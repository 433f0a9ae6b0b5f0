/**
 * A body as pieces that lie in three buffers by turns: what a socket read is copied at once, and is garbage before it
 * gets old. Pieces are larger than those of a socket, so that less is done for each. What was given may be used until
 * the piece after the next is asked for.
 */
import { finished, type Readable } from "node:stream";
import { countGarbage } from "../young-garbage.ts";

const pieceBytes = 128 * 1024;
/** One is used, one is given, one is filled. */
const turns = 3;

/** What comes of `body` after its first `skipped` bytes. @throws the stream's errors. */
export async function* bodyPieces(body: Readable, skipped: number): AsyncGenerator<Uint8Array> {
  const buffers: Buffer[] = [];
  let turn = 0;
  let filled = 0;
  let left: Uint8Array = new Uint8Array(0);
  let toSkip = skipped;
  let end: { readonly error: Error | null | undefined } | undefined;
  let wake: (() => void) | undefined;

  const fill = (): void => {
    buffers[turn] ??= Buffer.allocUnsafeSlow(pieceBytes);
    const taken = left.subarray(0, pieceBytes - filled);
    buffers[turn]?.set(taken, filled);
    filled += taken.length;
    left = left.subarray(taken.length);
  };
  const take = (piece: Uint8Array): void => {
    countGarbage(piece.length);
    left = piece.subarray(Math.min(toSkip, piece.length));
    toSkip -= piece.length - left.length;
    fill();
    if (filled === pieceBytes) body.pause();
    wake?.();
  };
  const stopWaiting = finished(body, { writable: false }, (error) => {
    end = { error };
    wake?.();
  });
  body.on("data", take);
  try {
    for (;;) {
      const buffer = buffers[turn];
      if (filled > 0 && buffer !== undefined) {
        const piece = buffer.subarray(0, filled);
        turn = (turn + 1) % turns;
        filled = 0;
        fill();
        if (left.length === 0) body.resume();
        yield piece;
      } else if (end === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      } else if (end.error) throw end.error;
      else return;
    }
  } finally {
    stopWaiting();
    body.off("data", take);
    if (end === undefined) body.destroy();
  }
}
