/**
 * What answers an API server before there are policies to decide by: each review is denied. Any other answer it would
 * overlook where its failure policy is Ignore.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Limits, EngineError } from "../../core/index.ts";
import { placeOf } from "../../core/admission/review-answer.ts";
import { readReview, type Refusal, renderAnswer } from "../../core/admission/review.ts";
import { ReviewBodies } from "./review-bodies.ts";

/** Seconds after which a client may come again. */
const retryAfter = 1;

export function refuseReviews(limits: Limits, why: () => string) {
  const bodies = new ReviewBodies(limits.reviewBytes);
  return (request: IncomingMessage, response: ServerResponse): void => {
    const reply = (status: number, body: string): void => {
      response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
      response.end(body);
    };
    const [path = ""] = (request.url ?? "").split("?");
    if (placeOf(path) === undefined || request.method !== "POST") {
      reply(404, '{"error":"a review comes by POST to the path of a webhook"}');
      return;
    }
    bodies.read(request, response, (body) => {
      const refused: Refusal = { code: 503, retryAfter, message: why() };
      try {
        reply(200, renderAnswer(readReview(body.toString("utf8"), limits).uid, { refused }));
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        reply(400, JSON.stringify({ error: error.message }));
      }
    });
  };
}
