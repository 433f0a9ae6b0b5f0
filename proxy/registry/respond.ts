/**
 * Answers of the registry as they are written: bytes with their digest as ETag, conditions, errors. Nothing is ever
 * compressed: a digest is that of the bytes on the wire. Source: RFC 9110 (If-None-Match, Range), RFC 9111 (Age,
 * Warning), OCI distribution 1.1.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { errorBody, type Refusal, type RefusalFacts } from "./oci-error.ts";
import type { Stale } from "./pull-through.ts";

/** Whether the content of an answer was here, came from a registry while it was sent, or is that of a refusal. */
export type Sending = "stored" | "pulled" | "refused";

/** What a response was, for logs and metrics. */
export interface Sent {
  readonly status: number;
  readonly bytes: number;
  /** The content came from a registry while it was sent. */
  readonly isPulled?: boolean;
  /** Why it is no success, in one word. */
  readonly why?: string;
  /** The same in words. */
  readonly facts?: RefusalFacts;
}

export const jsonType = "application/json; charset=utf-8";

export const sendingOf = ({ why, isPulled }: Sent): Sending =>
  why !== undefined ? "refused" : isPulled === true ? "pulled" : "stored";

/** Sends a refusal. A HEAD has no body, so its sentence is a header there: some clients show it. */
export function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): Sent {
  const { status, why, headers = {} } = refusal;
  const body = errorBody(refusal);
  response.writeHead(status, {
    "Content-Type": jsonType,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    ...headers,
  });
  const isHead = request.method === "HEAD";
  response.end(isHead ? undefined : body);
  return { status, bytes: isHead ? 0 : body.length, why, facts: { reason: refusal.message, ...refusal.facts } };
}

/** Sends content that is whole in memory. Header fields come in pairs, name before value. */
export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  etag: string,
  fields: readonly string[],
  bytes: Uint8Array,
): Sent {
  const condition = request.headers["if-none-match"];
  if (condition !== undefined && matchesEtag(condition, etag)) {
    response.writeHead(304, fields.slice(0, notModifiedFields(fields)) as string[]);
    response.end();
    return { status: 304, bytes: 0 };
  }
  response.writeHead(200, fields as string[]);
  if (request.method === "HEAD") {
    response.end();
    return { status: 200, bytes: 0 };
  }
  response.end(bytes);
  return { status: 200, bytes: bytes.length };
}

/** A 304 says nothing of the content's type and length, which come last. */
const notModifiedFields = (fields: readonly string[]): number => fields.indexOf("Content-Type");

/** Whether one of the client's tags is this one. Source: RFC 9110 section 13.1.2: the comparison is weak. */
export const matchesEtag = (field: string, etag: string): boolean =>
  field === etag ||
  field.trim() === "*" ||
  (field.includes(etag) && field.split(",").some((one) => one.trim().replace(/^W\//, "") === etag));

/**
 * The fields of a stale answer: how old it is, and the warning in the one form that containerd reads.
 *
 *     Age: 86400
 *     Warning: 299 - "the registry cannot be asked (unreachable): this answer is from 2026-11-29T12:00:00Z"
 */
export function staleFields({ at, code }: Stale, now: number): readonly string[] {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
  return [
    "Age",
    String(seconds),
    "Warning",
    warning(`the registry cannot be asked (${code}): this answer is from ${at}`),
  ];
}

/** A warning about an answer. Nothing in it ends the quotation or the line. */
export const warning = (text: string): string => `299 - "${text.replace(/[^\x20-\x7e]|["\\]/g, "?")}"`;
