/**
 * A body of at most so many bytes, whatever its sender says of its length. Source:
 * https://fetch.spec.whatwg.org/#bodies.
 */
import { concat } from "../../core/encoding/bytes.ts";
import { EngineError } from "../../core/errors.ts";

type Body = Pick<Request | Response, "body" | "headers">;

/** @throws EngineError `over-limit` as soon as there is more. */
export async function readBounded({ body, headers }: Body, most: number, subject: string): Promise<Uint8Array> {
  const tooLarge = (): EngineError => new EngineError("over-limit", `more than ${most} bytes`, { subject });
  if (Number(headers.get("content-length") ?? 0) > most) throw tooLarge();
  if (body === null) return new Uint8Array(0);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks.length === 1 ? (chunks[0] as Uint8Array) : concat(...chunks);
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw tooLarge();
    }
    chunks.push(value);
  }
}
