/**
 * What answers an API server before there are policies to decide by: each review is denied. Any other answer it would
 * overlook where its failure policy is Ignore.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Limits, EngineError } from "../../core/index.ts";
import { placeOf } from "../../core/admission/review-answer.ts";
import { readReview, type Refusal, renderAnswer } from "../../core/admission/review.ts";

/** Seconds after which a client may come again. */
const retryAfter = 1;

export const refuseReviews =
  (limits: Limits, why: () => string) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const reply = (status: number, body: string): void => {
      response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
      response.end(body);
    };
    const [path = ""] = (request.url ?? "").split("?");
    if (placeOf(path) === undefined || request.method !== "POST") {
      reply(404, '{"error":"a review comes by POST to the path of a webhook"}');
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      // A review that is too long is refused, not read.
      if (size <= limits.reviewBytes) chunks.push(chunk);
    });
    request.on("error", () => response.destroy());
    request.on("end", () => {
      const refused: Refusal = { code: 503, retryAfter, message: why() };
      try {
        if (size > limits.reviewBytes) throw new EngineError("over-limit", "the review is too long");
        reply(200, renderAnswer({ uid: readReview(Buffer.concat(chunks).toString("utf8"), limits).uid, refused }));
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        reply(400, JSON.stringify({ error: error.message }));
      }
    });
  };
