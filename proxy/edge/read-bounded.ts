/**
 * A body of at most so many bytes, whatever its sender says of its length. Source:
 * https://fetch.spec.whatwg.org/#bodies.
 */
import { concat } from "../../core/encoding/bytes.ts";
import { EngineError } from "../../core/errors.ts";

type Body = Pick<Request | Response, "body" | "headers">;

/** Tells the sender that nobody reads on. What it says to that changes nothing. */
export function dropBody({ body }: Pick<Body, "body">): void {
  body?.cancel().catch(() => undefined);
}

/**
 * Waits no longer than until `signal` says so, also for what does not listen to it.
 * @throws what the signal gives as its reason.
 */
export function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(signal.reason);
    if (signal.aborted) late();
    signal.addEventListener("abort", late, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", late));
  });
}

/** @throws EngineError `over-limit` as soon as there is more; the reason of `signal` where it comes too slowly. */
export async function readBounded(
  message: Body,
  most: number,
  subject: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { body, headers } = message;
  const tooLarge = (): EngineError => new EngineError("over-limit", `more than ${most} bytes`, { subject });
  if (Number(headers.get("content-length") ?? 0) > most) {
    dropBody(message);
    throw tooLarge();
  }
  if (body === null) return new Uint8Array(0);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const read = reader.read();
      const { done, value } = await (signal === undefined ? read : beforeAbort(read, signal));
      if (done) return chunks.length === 1 ? (chunks[0] as Uint8Array) : concat(...chunks);
      size += value.length;
      if (size > most) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error;
  }
}
