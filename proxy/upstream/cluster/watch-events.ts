/**
 * The events of one watch, from its stream: a line of JSON each. Nothing is read ahead of whoever takes them, so what
 * waits is one piece and one line. Source:
 * https://kubernetes.io/docs/reference/using-api/api-concepts/.
 */
import type { JsonObject } from "../../../core/encoding/json.ts";
import { isObject } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { asUpstreamError } from "../json-answer.ts";
import { outage } from "../outage.ts";
import type { ApiServer } from "./api-server.ts";
import { parseObjects } from "./deep-objects.ts";

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: JsonObject; readonly bytes: number }
  /** The watch is so far; nothing changed that is watched. */
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string }
  /** What happened since is no longer known there: the list is to be read again. */
  | { readonly type: "gone" };

export interface WatchRequest {
  /** Of the resource, without a query. */
  readonly path: string;
  readonly doing: string;
  readonly resourceVersion: string;
  /** Further parameters, encoded: a selector of fields. */
  readonly query?: string | undefined;
  /** After so many seconds the server ends it, and another one begins. */
  readonly seconds: number;
  readonly limits: Limits;
}

/** A server tells where a watch is about once a minute; this long after its end nobody is there. */
const graceMs = 15_000;

/**
 * Ends where the server ends it.
 * @throws EngineError `upstream-error`, `over-limit`, and as `ApiServer`.
 */
export async function* watchEvents(
  server: ApiServer,
  { path, doing, resourceVersion, query = "", seconds, limits }: WatchRequest,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const parameters = [
    "watch=true",
    "allowWatchBookmarks=true",
    `resourceVersion=${encodeURIComponent(resourceVersion)}`,
    `timeoutSeconds=${seconds}`,
    ...(query === "" ? [] : [query]),
  ].join("&");
  const silenceMs = seconds * 1000 + graceMs;
  const answer = await server.open({ doing, path: `${path}?${parameters}`, silenceMs }, signal);
  if (answer.state !== "open") return yield { type: "gone" };
  const { body } = answer;
  try {
    for await (const line of linesOf(body as AsyncIterable<Uint8Array>, path, limits)) {
      const event = readEvent(line, path, limits);
      yield event;
      if (event.type === "gone") return;
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    // What undici says of a connection that was cut.
    throw outage(error, path);
  } finally {
    body.on("error", () => undefined).destroy();
  }
}

const newline = 10;

/** Lines, each bounded. What comes after the last end of line was cut off, and is no event. */
async function* linesOf(
  body: AsyncIterable<Uint8Array>,
  subject: string,
  { resourceBytes }: Limits,
): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array[] = [];
  let size = 0;
  for await (let piece of body) {
    for (;;) {
      const end = piece.indexOf(newline);
      const part = end < 0 ? piece : piece.subarray(0, end);
      size += part.length;
      if (size > resourceBytes)
        throw new EngineError("over-limit", `an event of more than ${resourceBytes} bytes`, { subject });
      if (part.length > 0) begun.push(part);
      if (end < 0) break;
      if (size > 0) yield begun.length === 1 ? (begun[0] as Uint8Array) : new Uint8Array(Buffer.concat(begun));
      [begun, size, piece] = [[], 0, piece.subarray(end + 1)];
    }
  }
}

function readEvent(line: Uint8Array, subject: string, limits: Limits): WatchEvent {
  const json = asUpstreamError(subject, "an event of its watch cannot be read", () =>
    parseObjects(line, subject, limits),
  );
  const wrong = (why: string): EngineError => new EngineError("upstream-error", why, { subject });
  const { type, object } = isObject(json) ? json : {};
  if (!isObject(object)) throw wrong("an event of its watch has no object");
  if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") return { type, object, bytes: line.length };
  if (type === "BOOKMARK") return { type, resourceVersion: versionOf(object) };
  if (type !== "ERROR") throw wrong(`an event of its watch has the type ${JSON.stringify(type ?? null)}`);
  if (object.code === 410) return { type: "gone" };
  throw wrong(`its watch ended: ${typeof object.message === "string" ? object.message.slice(0, 300) : "no reason"}`);
}

/** Empty where it says none. */
export function versionOf({ metadata }: JsonObject): string {
  const version = isObject(metadata) ? metadata.resourceVersion : undefined;
  return typeof version === "string" ? version : "";
}
