/**
 * Content on its way to a client, hashed as it goes. The last piece is held back until the digest is known to be right,
 * so that nobody ever gets the whole of a wrong content. Source: OCI image 1.1 (digests).
 */
import { createHash } from "node:crypto";
import type { Writable } from "node:stream";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { systemCode } from "../system-words.ts";
import { outage } from "../upstream/outage.ts";
import type { ByteRange } from "./byte-range.ts";

export interface PumpOptions {
  readonly digest: Digest;
  /** What the source says that it has; more or less is wrong. */
  readonly size?: number | undefined;
  readonly maxBytes: number;
  /** The part that the client gets; the rest is hashed all the same. */
  readonly range?: ByteRange | undefined;
  /** How long a client may take nothing, in milliseconds. */
  readonly silenceMs: number;
  /**
   * Called once before anything is written: what proves wrong within its first piece can still be refused with a
   * status. A client does not wait for it longer than some seconds.
   */
  readonly begin: () => void;
}

const longestWaitMs = 5_000;

/**
 * Writes `source` to `client`, and ends it. A piece is used until the piece after the next is asked for, and no longer.
 * @throws EngineError `upstream-error` for content of another digest or size, `over-limit`, `timed-out` for a client
 * that takes nothing; the source's errors. Then the client's response is not ended.
 */
export async function pumpVerified(
  source: AsyncIterable<Uint8Array>,
  client: Writable,
  { digest, size, maxBytes, range, silenceMs, begin }: PumpOptions,
): Promise<number> {
  let hasBegun = false;
  const beginOnce = (): void => {
    clearTimeout(waiting);
    if (!hasBegun) begin();
    hasBegun = true;
  };
  const waiting = setTimeout(beginOnce, longestWaitMs);
  const hash = createHash("sha256");
  let held: Uint8Array | undefined;
  let read = 0;
  let sent = 0;
  const give = async (piece: Uint8Array): Promise<void> => {
    beginOnce();
    sent += piece.length;
    await written(client, piece, silenceMs);
  };
  try {
    for await (const piece of source) {
      // For a client that asked for the end of a content, and went away before it came, nothing more is read.
      if (client.destroyed) throw gone();
      hash.update(piece);
      const part = range === undefined ? piece : within(piece, read, range);
      read += piece.length;
      if (read > maxBytes || (size !== undefined && read > size))
        throw read > maxBytes
          ? new EngineError("over-limit", `more than ${maxBytes} bytes`, { subject: digest })
          : new EngineError("upstream-error", `more than the ${size} bytes that were stated`, { subject: digest });
      if (part.length === 0) continue;
      if (held !== undefined) await give(held);
      // The end of a range waits for all that comes after it.
      held = range !== undefined && read >= range.end ? Buffer.from(part) : part;
    }
    if (size !== undefined && read !== size)
      throw new EngineError("upstream-error", `${read} bytes, and ${size} were stated`, { subject: digest });
    const found = `sha256:${hash.digest("hex")}`;
    if (found !== digest)
      throw new EngineError("upstream-error", `the content has another digest: ${found}`, { subject: digest });
    if (held !== undefined) await give(held);
    beginOnce();
    client.end();
    return sent;
  } finally {
    clearTimeout(waiting);
  }
}

/** What a range has of a piece that begins at `at`. */
const within = (piece: Uint8Array, at: number, { start, end }: ByteRange): Uint8Array =>
  piece.subarray(Math.max(0, start - at), Math.max(0, end - at));

/** Of a larger part a slow client could take some all the time, and seem to take nothing. */
const partBytes = 64 * 1024;

/** Writes a piece, and waits until its bytes are used no more. */
export async function written(client: Writable, piece: Uint8Array, silenceMs: number): Promise<void> {
  for (let at = 0; at < piece.length; at += partBytes)
    await partWritten(client, piece.subarray(at, at + partBytes), silenceMs);
}

function partWritten(client: Writable, piece: Uint8Array, silenceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (end: () => void) => (): void => {
      clearTimeout(timer);
      client.off("close", onClose).off("error", onClose);
      end();
    };
    const onClose = done(() => reject(gone()));
    const timer = setTimeout(
      done(() => reject(new EngineError("timed-out", "the client stopped reading"))),
      silenceMs,
    );
    if (client.destroyed) return onClose();
    client.once("close", onClose).once("error", onClose);
    client.write(piece, (error) => (error ? onClose() : done(resolve)()));
  });
}

/** The client went away: nobody's fault, and nothing is wrong with the content. */
const gone = (): EngineError => new EngineError("timed-out", "the client closed the connection");

/**
 * A failure of a source as a coded error: a registry's connection, or the disk.
 * @throws any error that is neither.
 */
export function toStreamError(error: unknown, subject: string): EngineError {
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EROFS" || code === "EIO")
    return new EngineError("mirror-busy", `the layer cannot be written to disk (${code})`, {
      subject,
      cause: error,
      remedy: "disk",
    });
  return outage(error, subject);
}
