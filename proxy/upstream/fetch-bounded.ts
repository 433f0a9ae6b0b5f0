/**
 * HTTP requests that end: bounded in time, size, redirects and tries. Everything that is fetched comes through here.
 * Source: RFC 9110 (redirects, Retry-After).
 */
import { createHash, type Hash } from "node:crypto";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import type { Digest } from "../../core/crypto/digest.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { type Connections, refuseLinkLocal } from "./connections.ts";
import { bytesWithoutSecrets, secretsOf, withoutSecrets } from "./hide-secrets.ts";
import { isPassing, isUnreached, outage } from "./outage.ts";
import { hostOf } from "./proxy-choice.ts";

/** A body that is sent as it is read, and opened again for each try. */
export interface Upload {
  readonly size: number;
  open(): Readable | Uint8Array;
}

export interface BoundedRequest {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the origin of `url` only: a redirect to another origin leaves it behind. */
  readonly authorization?: string | undefined;
  /** Further headers for the origin of `url` only. */
  readonly originHeaders?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Upload;
  /** Of a successful answer's content. */
  readonly maxBytes: number;
  /** That a successful answer's content must have. It is hashed while it comes, and other content is no answer. */
  readonly digest?: Digest;
  /** A redirect to another origin is not followed: a policy was allowed this one. */
  readonly staysAtOrigin?: boolean;
  /** In place of the fetcher's own. */
  readonly tries?: number;
  /** It changes something: it is sent again only where the answer says that nothing was done (429 and 503). */
  readonly isChange?: boolean | undefined;
  /** How long an answer may take once the request is sent, in place of the connection's own bound. */
  readonly answerMs?: number | undefined;
  /** Content of success is not read here, but handed over as it comes: {@link BoundedResponse.body}. */
  readonly isStreamed?: boolean | undefined;
  /** Between two pieces of a stream, in place of the connection's own bound. */
  readonly silenceMs?: number | undefined;
}

export interface BoundedResponse {
  readonly status: number;
  /** By lower-case name; several of a name are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a failure, no more than {@link mostOfFailure}. */
  readonly bytes: Uint8Array;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** Somebody else answered: a redirect led to another origin. */
  readonly isElsewhere?: boolean;
  /** What was sent and must not be shown, though the answer may repeat it. */
  readonly secrets?: readonly string[];
  /**
   * The content that was asked for as a stream; who has it ends it. It is bounded by silence alone, and by the
   * request's signal.
   */
  readonly body?: Readable;
}

export interface FetcherOptions {
  readonly connections: Connections;
  /** The one host that is asked, even at a link-local address. No other is, and no redirect leads away from it. */
  readonly onlyHost?: string;
  /** How often a request is sent before its failure counts. Default 4. */
  readonly tries?: number;
  /** Receives a line for each request and answer, without secrets. */
  readonly log?: ((line: string) => void) | undefined;
  /** Called before each request is sent, which waits for it: how often a host is asked. */
  readonly pace?: ((url: URL, signal: AbortSignal) => Promise<void>) | undefined;
  /** For tests: what waits, and what spreads the waiting. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
  readonly now?: () => number;
}

const mostOfFailure = 64 * 1024;
const mostRedirects = 5;
const firstDelayMs = 500;
const longestDelayMs = 8_000;
/**
 * How long a host that could not be reached is left alone: until then every request to it fails at once. So is one that
 * closed the connection of every try, and answered nobody meanwhile. A host whose answer was slow is asked on, for one
 * slow answer says nothing of the others; but so long as it has answered nothing since, each request is sent once.
 */
const restMs = 10_000;
const mostResting = 1024;

interface Rest {
  readonly until: number;
  readonly error: EngineError;
  /** Nothing is sent there; else nothing more than once. */
  readonly isWhole: boolean;
}

/** The host did nothing of what was asked, and says so. */
const isRefusal = (status: number): boolean => status === 429 || status === 503;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A user and a password as `authorization`. Source: RFC 7617. */
export const basicAuthorization = (username: string, password: string): string =>
  `Basic ${encodeBase64(encodeUtf8(`${username}:${password}`))}`;

/** An address for logs and messages: no user, no password, and of the query its names alone. */
export function shownUrl(url: URL): string {
  // Every request is shown somewhere, and most have no query.
  if (url.search === "") return url.origin + url.pathname;
  const names = [...new Set(url.searchParams.keys())];
  return `${url.origin}${url.pathname}${names.length === 0 ? "" : `?${names.map((name) => `${name}=…`).join("&")}`}`;
}

export class Fetcher {
  readonly #options: FetcherOptions;
  /** By origin. */
  readonly #resting = new Map<string, Rest>();
  /** The turn in which an origin answered last. Each request and each answer has the next turn. */
  readonly #answered = new Map<string, number>();
  #turn = 0;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /**
   * The answer, whatever its status. Failures that may pass are tried again, with growing pauses or the one that the
   * upstream asks for.
   * @throws EngineError `over-limit` past `maxBytes`, `upstream-error` for content of another digest, and the codes of
   * an outage.
   */
  async fetch(request: BoundedRequest, signal: AbortSignal): Promise<BoundedResponse> {
    const most = request.tries ?? this.#options.tries ?? 4;
    const begun = ++this.#turn;
    for (let attempt = 1; ; attempt++) {
      const { response, failure } = await this.#tryOnce(request, signal);
      if (failure === undefined) {
        const mayPass = request.isChange === true ? isRefusal(response.status) : isPassing(response.status);
        const isLast = attempt >= most || signal.aborted || !mayPass;
        if (isLast || !(await this.#pause(attempt, response.headers["retry-after"], signal))) return response;
        continue;
      }
      const { error, origin } = failure;
      const mayPass = error.code === "unreachable" || error.code === "timed-out";
      const isChange = request.isChange === true;
      const isLast = attempt >= most || signal.aborted || isChange || this.#restOf(origin) !== undefined;
      if (mayPass && !isLast && (await this.#pause(attempt, undefined, signal))) continue;
      // One upload that was cut off says nothing of the next request.
      const isClosed = !isChange && error.code === "unreachable" && (this.#answered.get(origin) ?? 0) < begun;
      const isWhole = failure.isUnreached || isClosed;
      if (mayPass || (isWhole && error.code === "tls-failure")) this.#rest(origin, error, isWhole);
      throw error;
    }
  }

  #restOf(origin: string): Rest | undefined {
    const { now = Date.now } = this.#options;
    const rest = this.#resting.get(origin);
    if (rest === undefined || now() < rest.until) return rest;
    this.#resting.delete(origin);
    return undefined;
  }

  #rest(origin: string, error: EngineError, isWhole: boolean): void {
    const { now = Date.now } = this.#options;
    if (this.#restOf(origin)?.isWhole === true) return;
    if (this.#resting.size >= mostResting) this.#resting.clear();
    this.#resting.set(origin, { until: now() + restMs, error, isWhole });
  }

  #heard(origin: string): void {
    this.#resting.delete(origin);
    if (this.#answered.size >= mostResting) this.#answered.clear();
    this.#answered.set(origin, ++this.#turn);
  }

  async #tryOnce(request: BoundedRequest, signal: AbortSignal): Promise<Tried> {
    const secrets = secretsOf(request);
    const asked = { url: request.url };
    try {
      const response = await this.#follow(request, secrets, signal, asked);
      return { response: secrets.length === 0 ? response : { ...response, secrets } };
    } catch (thrown) {
      const { connections, log } = this.#options;
      const error =
        thrown instanceof EngineError
          ? hidden(thrown, secrets)
          : outage(thrown, shownUrl(request.url), connections.factsOf(request.url));
      log?.(`${request.method ?? "GET"} ${shownUrl(request.url)} ${error.code}: ${error.message}`);
      const unreached = isUnreached(thrown) || connections.endedConnecting(thrown, asked.url);
      return { failure: { error, origin: asked.url.origin, isUnreached: unreached } };
    }
  }

  /** Waits before the next try. False: the upstream wants a longer pause than a request may take. */
  async #pause(attempt: number, retryAfter: string | undefined, signal: AbortSignal): Promise<boolean> {
    const { sleep = sleepFor, random = Math.random, now = Date.now } = this.#options;
    const asked = retryAfter === undefined ? undefined : readRetryAfter(retryAfter, now());
    if (asked !== undefined && asked > longestDelayMs) return false;
    const most = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
    try {
      await sleep(Math.max(asked ?? 0, most * random()), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return false;
    }
    return true;
  }

  /** `asked`: receives the address that is being asked. @throws EngineError why a host rests. */
  async #follow(
    request: BoundedRequest,
    secrets: readonly string[],
    signal: AbortSignal,
    asked: { url: URL },
  ): Promise<BoundedResponse> {
    let { url, authorization, originHeaders, method = "GET", body } = request;
    for (let followed = 0; ; followed++) {
      this.#requireAllowed(url);
      asked.url = url;
      const rest = this.#restOf(url.origin);
      if (rest?.isWhole === true) throw rest.error;
      const response = await this.#send(
        { ...request, url, authorization, originHeaders, method, ...bodyOf(body) },
        secrets,
        signal,
      );
      this.#heard(url.origin);
      const { location } = response.headers;
      if (!redirects.has(response.status) || location === undefined)
        return url.origin === request.url.origin ? response : { ...response, isElsewhere: true };
      if (followed >= mostRedirects)
        throw new EngineError("upstream-error", `more than ${mostRedirects} redirects`, { subject: shownUrl(url) });
      const next = redirectTarget(location, url);
      if (request.staysAtOrigin === true && next.origin !== request.url.origin)
        throw new EngineError("upstream-error", `a redirect to ${next.origin} is not followed`, {
          subject: shownUrl(url),
        });
      // A body holds what the first origin was meant to read: a password, for instance.
      if (next.origin !== url.origin && body !== undefined && response.status > 303)
        throw new EngineError(
          "upstream-error",
          `a redirect that would send the request's body to ${next.origin} is not followed`,
          {
            subject: shownUrl(url),
          },
        );
      if (next.origin !== url.origin) [authorization, originHeaders] = [undefined, undefined];
      if (response.status === 303 || (method === "POST" && response.status < 303)) [method, body] = ["GET", undefined];
      url = next;
    }
  }

  /** @throws EngineError `access-denied` */
  #requireAllowed(url: URL): void {
    const { onlyHost } = this.#options;
    if (onlyHost === undefined) refuseLinkLocal(hostOf(url), shownUrl(url));
    else if (hostOf(url) !== onlyHost)
      throw new EngineError("access-denied", `only ${onlyHost} is asked here`, { subject: shownUrl(url) });
  }

  /** A stream has one of the sockets that streams may have, until it ends. */
  async #send(request: BoundedRequest, secrets: readonly string[], signal: AbortSignal): Promise<BoundedResponse> {
    if (request.isStreamed !== true) return this.#sendNow(request, secrets, signal);
    const leave = await this.#options.connections.placeForStream(request.url, signal);
    try {
      const response = await this.#sendNow(request, secrets, signal);
      if (response.body === undefined) leave();
      else response.body.once("close", leave);
      return response;
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #sendNow(request: BoundedRequest, secrets: readonly string[], signal: AbortSignal): Promise<BoundedResponse> {
    const { connections, log, now = Date.now } = this.#options;
    const { url, method = "GET", headers, authorization, originHeaders, body, maxBytes, digest, isStreamed } = request;
    const { answerMs, silenceMs } = request;
    // Nobody pays for a line that is not read.
    const told = (what: () => string): void =>
      log?.(withoutSecrets(`${method} ${shownUrl(url)} ${what()}, ${now() - begun} ms`, secrets));
    await this.#options.pace?.(url, signal);
    const begun = now();
    const answer = await connections.to(url).request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      signal,
      // By default undici closes a connection after HEAD, in case the upstream sends content after it: each image's tag
      // would cost a connection. Content that nobody asked for ends the connection in any case.
      reset: false,
      headers: {
        "accept-encoding": "identity",
        ...headers,
        ...originHeaders,
        ...(authorization === undefined ? {} : { authorization }),
        ...(typeof body === "object" ? { "content-length": String(body.size) } : {}),
      },
      ...(answerMs === undefined ? {} : { headersTimeout: answerMs }),
      ...(silenceMs === undefined ? {} : { bodyTimeout: silenceMs }),
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : body.open() }),
    });
    const joined: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers))
      if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(", ") : value;
    const ok = answer.statusCode >= 200 && answer.statusCode < 300;
    if (ok && isStreamed === true && method === "GET") {
      refuseEncoding(answer.body, joined["content-encoding"], shownUrl(url));
      told(() => `${answer.statusCode}, begun`);
      return { status: answer.statusCode, headers: joined, bytes: new Uint8Array(), url, body: answer.body };
    }
    const read = await readBody(answer.body, ok ? maxBytes : mostOfFailure, ok, {
      length: method === "HEAD" ? undefined : joined["content-length"],
      encoding: method === "HEAD" ? undefined : joined["content-encoding"],
      digest: ok ? digest : undefined,
      type: joined["content-type"],
      url,
    });
    // An error may repeat what it was asked with, and its words are shown.
    const bytes = ok ? read : bytesWithoutSecrets(read, secrets);
    told(() => `${answer.statusCode}, ${bytes.length} bytes`);
    return { status: answer.statusCode, headers: joined, bytes, url };
  }
}

type Tried =
  | { readonly response: BoundedResponse; readonly failure?: undefined }
  | {
      readonly response?: undefined;
      readonly failure: {
        readonly error: EngineError;
        /** Which did not answer: that of the request, or of a redirect. */
        readonly origin: string;
        /** Nobody was reached there. */
        readonly isUnreached: boolean;
      };
    };

function hidden(error: EngineError, secrets: readonly string[]): EngineError {
  const { code, message, subject, cause, remedy } = error;
  const [why, what] = [withoutSecrets(message, secrets), withoutSecrets(subject ?? "", secrets)];
  if (why === message && what === (subject ?? "")) return error;
  return new EngineError(code, why, { subject: what, cause, remedy });
}

const bodyOf = (body: BoundedRequest["body"]) => (body === undefined ? {} : { body });

const sleepFor = async (ms: number, signal: AbortSignal): Promise<void> => {
  await wait(ms, undefined, { signal });
};

/** Milliseconds from a number of seconds, or until a date. */
function readRetryAfter(text: string, now: number): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** @throws EngineError for a target to which an upstream may not send us. */
function redirectTarget(location: string, from: URL): URL {
  const subject = shownUrl(from);
  if (!URL.canParse(location, from.href))
    throw new EngineError("upstream-error", "a redirect to something that is not a URL", { subject });
  const next = new URL(location, from.href);
  if (next.protocol !== "https:" && next.protocol !== "http:")
    throw new EngineError("upstream-error", `a redirect to a ${next.protocol} address is not followed`, { subject });
  if (from.protocol === "https:" && next.protocol === "http:")
    throw new EngineError("upstream-error", "a redirect from https to http is not followed", { subject });
  next.username = "";
  next.password = "";
  return next;
}

interface BodyFacts {
  readonly length: string | undefined;
  readonly encoding: string | undefined;
  readonly digest: Digest | undefined;
  readonly type: string | undefined;
  readonly url: URL;
}

/** The content; of a failure its beginning. @throws EngineError `over-limit` past `most`, `upstream-error`. */
async function readBody(
  body: Readable,
  most: number,
  whole: boolean,
  { length, encoding, digest, type, url }: BodyFacts,
): Promise<Uint8Array> {
  const tooLarge = (): EngineError =>
    new EngineError("over-limit", `more than ${most} bytes`, { subject: shownUrl(url) });
  if (whole && Number(length) > most) {
    // Undici reports the end as an error, too.
    body.on("error", () => undefined).destroy();
    throw tooLarge();
  }
  const isPlain = encoding === undefined || encoding === "identity";
  const hash = digest === undefined ? undefined : createHash("sha256");
  const pieces: Uint8Array[] = [];
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    const leave = (error?: EngineError): void => {
      if (error === undefined) resolve();
      else reject(error);
      // Ends the connection.
      body.destroy();
    };
    body
      .on("data", (piece: Uint8Array) => {
        pieces.push(piece);
        count += piece.length;
        if (isPlain) hash?.update(piece);
        if (count > most) leave(whole ? tooLarge() : undefined);
      })
      .once("end", resolve)
      // Undici reports the end of a body that was left as an error, too: then it changes nothing.
      .on("error", reject);
  });
  const sent = new Uint8Array(Buffer.concat(pieces));
  if (!isPlain && !whole) return new Uint8Array();
  if (!isPlain && encoding !== "gzip" && encoding !== "x-gzip")
    throw new EngineError("upstream-error", `content in ${encoding}, which was not asked for`, {
      subject: shownUrl(url),
    });
  const bytes = isPlain ? sent : inflate(sent, most, url);
  if (digest !== undefined && hash !== undefined) requireDigest(isPlain ? hash : hash.update(bytes), digest, type, url);
  return bytes;
}

/** @throws EngineError `upstream-error`: whoever gives other content has not given what was asked for. */
function requireDigest(hash: Hash, digest: Digest, type: string | undefined, url: URL): void {
  const found = `sha256:${hash.digest("hex")}`;
  if (found === digest) return;
  const isPage = /^\s*text\/html/i.test(type ?? "");
  const why = isPage ? "a page in HTML, not what was asked for" : `the content has another digest: ${found}`;
  throw new EngineError("upstream-error", why, { subject: shownUrl(url) });
}

/** A stream is handed on as it is: its length and its digest are those of what was asked for. */
function refuseEncoding(body: Readable, encoding: string | undefined, subject: string): void {
  if (encoding === undefined || encoding === "identity") return;
  // Undici reports the end as an error, too.
  body.on("error", () => undefined).destroy();
  throw new EngineError("upstream-error", `content in ${encoding}, which was not asked for`, { subject });
}

function inflate(bytes: Uint8Array, most: number, url: URL): Uint8Array {
  try {
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength: most }));
  } catch (error) {
    if (error instanceof RangeError)
      throw new EngineError("over-limit", `more than ${most} bytes`, { subject: shownUrl(url) });
    throw new EngineError("upstream-error", "gzip content that cannot be read", {
      subject: shownUrl(url),
      cause: error,
    });
  }
}
