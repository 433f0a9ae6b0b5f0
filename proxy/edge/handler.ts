/**
 * The webhook of a host that knows only WHATWG's Fetch: an AdmissionReview in, a response out, decided by a capsule.
 * Nobody else is asked. Source: docs/spec/bundles.md#edge.
 *
 *     export default { fetch: createHandler({ capsule: "https://…/capsule.tar", keys: [PEM] }) };
 */
import { resourceName } from "../../core/admission/denial.ts";
import { readReview, type Refusal, renderAnswer } from "../../core/admission/review.ts";
import {
  admissionPaths,
  answerOf,
  othersThan,
  type Place,
  placeOf,
  refusalOf,
} from "../../core/admission/review-answer.ts";
import { leavesImages } from "../../core/admission/unchanged.ts";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import { parsePublicKeysPem } from "../../core/crypto/public-key.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { type Limits, limitsWith } from "../../core/limits.ts";
import { HeldCapsule } from "./held-capsule.ts";
import { readBounded } from "./read-bounded.ts";

/** What a host may log. */
export type EdgeEvent =
  | {
      readonly kind: "review";
      readonly path: string;
      readonly resource: string;
      readonly allowed: boolean;
      readonly codes: readonly string[];
    }
  | { readonly kind: "capsule"; readonly code: string; readonly message: string };

export interface HandlerOptions {
  /** Its bytes, or the URL from which it is fetched. */
  readonly capsule: Uint8Array | string;
  /** PEM texts of the keys of which one must have signed it. */
  readonly keys?: readonly string[];
  /** The highest sequence that was seen before: an older capsule is refused. */
  readonly floor?: number;
  readonly allowUnsigned?: boolean;
  /** After how many seconds a fetched capsule is asked for again. Default 300. */
  readonly refreshSeconds?: number;
  /** How many seconds fetching may take, a day at most. Default 5: an API server waits 10. */
  readonly timeoutSeconds?: number;
  /** Signatures; the portable verifier by default. */
  readonly crypto?: SignatureVerifier;
  readonly limits?: Partial<Limits>;
  readonly fetch?: typeof fetch;
  readonly now?: () => Date;
  readonly log?: (event: EdgeEvent) => void;
}

const json = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(body, { status, headers: { "content-type": "application/json", ...headers } });

const refusedBy = (status: number, error: string, headers?: Readonly<Record<string, string>>): Response =>
  json(status, JSON.stringify({ error }), headers);

/** A timer that is told to wait longer does not wait at all, or is none. */
const longestWait = 86_400;

/** @throws EngineError `invalid-usage` for what is no number: nothing would ever be late, or asked for again. */
function millisecondsOf(seconds: number, subject: string, most = Number.MAX_VALUE): number {
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= most) return Math.round(seconds * 1000);
  const bound = most === Number.MAX_VALUE ? "0 or more" : `0 to ${most}`;
  throw new EngineError("invalid-usage", `a number of seconds, ${bound}`, { subject });
}

/**
 * Handles requests to `/mutate/fail`, `/mutate/ignore`, `/validate/fail` and `/validate/ignore`, and `GET /readyz`.
 * @throws EngineError for keys that cannot be read, an address that cannot be fetched, and seconds that are no number.
 */
export function createHandler(options: HandlerOptions): (request: Request) => Promise<Response> {
  const { log = () => undefined, now = () => new Date(), crypto = nobleVerifier } = options;
  const limits = limitsWith(options.limits);
  const held = new HeldCapsule({
    capsule: options.capsule,
    keys: (options.keys ?? []).flatMap((text) => parsePublicKeysPem(text, limits)),
    floor: options.floor,
    allowUnsigned: options.allowUnsigned,
    verifier: crypto,
    limits,
    refreshMs: millisecondsOf(options.refreshSeconds ?? 300, "refreshSeconds"),
    timeoutMs: millisecondsOf(options.timeoutSeconds ?? 5, "timeoutSeconds", longestWait),
    now,
    // A host's own fetch wants to be called as the global that it is.
    fetch: options.fetch ?? ((...given) => fetch(...given)),
    failed: ({ code, message }) => log({ kind: "capsule", code, message }),
  });

  const judge = async (body: string, place: Place, path: string): Promise<string> => {
    const review = readReview(body, limits);
    const { uid } = review;
    const refuse = (refused: Refusal): string => renderAnswer(uid, { refused });
    let asked: ReturnType<typeof review.request>;
    try {
      asked = review.request();
    } catch (error) {
      if (error instanceof EngineError) return refuse(refusalOf(error));
      throw error;
    }
    try {
      const { capsule, engines, own } = await held.current();
      const decided = leavesImages(asked, own)
        ? "unchanged"
        : engines[place.strictness].decide(asked, capsule.knowledge, now(), { pass: place.pass });
      const { answer, codes } = answerOf(asked, place, decided, { others: othersThan(place, engines) });
      log({ kind: "review", path, resource: resourceName(asked), allowed: answer.refused === undefined, codes });
      return renderAnswer(uid, answer);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // Without a capsule nobody knows what a policy would overlook.
      log({ kind: "review", path, resource: resourceName(asked), allowed: false, codes: [error.code] });
      return refuse({ ...refusalOf(error), code: 503 });
    }
  };

  const ready = async (): Promise<Response> => {
    try {
      const { sequence, created } = (await held.current()).capsule;
      const { fault } = held;
      const last = fault === undefined ? {} : { lastFault: { code: fault.code, message: fault.message } };
      return json(200, JSON.stringify({ sequence, created, ...last }));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return refusedBy(503, refusalOf(error).message);
    }
  };

  return async (request) => {
    const path = new URL(request.url).pathname;
    if (path === "/readyz" && request.method === "GET") return ready();
    const place = placeOf(path);
    if (place === undefined)
      return refusedBy(404, `no webhook is at this path; there are ${admissionPaths.join(", ")}`);
    if (request.method !== "POST") return refusedBy(405, "a review comes by POST", { allow: "POST" });
    try {
      const body = decodeUtf8(await readBounded(request, limits.reviewBytes, "AdmissionReview"));
      return json(200, await judge(body, place, path));
    } catch (error) {
      if (!(error instanceof EngineError)) return refusedBy(500, "this is a bug in sallyport; nothing was decided");
      return refusedBy(error.code === "over-limit" ? 413 : 400, refusalOf(error).message);
    }
  };
}
