/** Where TUF metadata is fetched from: a web server, or a folder. Every read is bounded in size and time. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Dispatcher, errors, getGlobalDispatcher, interceptors, request } from "undici";
import { EngineError, type ErrorCode } from "../../../core/errors.ts";

export interface TufMirror {
  /** Its name in messages. */
  readonly url: string;
  /**
   * The bytes of a file at a path below the mirror, whose segments are percent-encoded; `undefined` if the mirror says
   * that there is none.
   * @throws EngineError `over-limit` past `maxBytes`, and the codes of an outage.
   */
  fetch(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

export interface TufMirrorOptions {
  /** For one file. Default 30 s. */
  readonly timeoutMs?: number;
  /** Undici's dispatcher: proxies, certificates. */
  readonly dispatcher?: Dispatcher;
}

/** @throws EngineError `invalid-usage` when it is not an http, https or file URL. */
export function openTufMirror(url: string, options: TufMirrorOptions = {}): TufMirror {
  const base = URL.canParse(url) ? new URL(url.endsWith("/") ? url : `${url}/`) : undefined;
  if (base?.protocol === "file:") return openFolder(url, fileURLToPath(base));
  if (base?.protocol === "http:" || base?.protocol === "https:")
    return { url, fetch: (path, maxBytes) => fetchFile(new URL(path, base), maxBytes, options) };
  throw new EngineError("invalid-usage", "a TUF mirror is an http, https or file URL", { subject: url });
}

/** Names on a disk are decoded; one that would not be a single file name stays percent-encoded. */
function diskName(segment: string): string {
  const name = decodeURIComponent(segment);
  return /[/\\\0]/.test(name) || name === "." || name === ".." ? segment : name;
}

const openFolder = (url: string, folder: string): TufMirror => ({
  url,
  async fetch(path, maxBytes) {
    const file = join(folder, ...path.split("/").map(diskName));
    try {
      const { size } = await stat(file);
      if (size > maxBytes) throw tooLarge(file, maxBytes);
      return new Uint8Array(await readFile(file));
    } catch (error) {
      if (error instanceof EngineError) throw error;
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw new EngineError(code === "EACCES" ? "access-denied" : "upstream-error", `cannot be read: ${String(code)}`, {
        subject: file,
        cause: error,
      });
    }
  },
});

const tooLarge = (subject: string, maxBytes: number): EngineError =>
  new EngineError("over-limit", `more than ${maxBytes} bytes`, { subject });

/** Fetched files are signed, so redirections are harmless, but their number is bounded. */
const followRedirects = interceptors.redirect({ maxRedirections: 5 });

async function fetchFile(
  url: URL,
  maxBytes: number,
  { timeoutMs = 30_000, dispatcher }: TufMirrorOptions,
): Promise<Uint8Array | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const { statusCode, headers, body } = await request(url, {
      signal,
      dispatcher: (dispatcher ?? getGlobalDispatcher()).compose(followRedirects),
    });
    if (statusCode !== 200) {
      await body.dump();
      if (statusCode === 404) return undefined;
      throw new EngineError(codeOfStatus(statusCode), `answered ${statusCode}`, { subject: url.href });
    }
    if (Number(headers["content-length"]) > maxBytes) {
      body.destroy();
      throw tooLarge(url.href, maxBytes);
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(url.href, maxBytes);
      chunks.push(chunk);
    }
    return new Uint8Array(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(
      codeOfFailure(error),
      `cannot be fetched: ${error instanceof Error ? error.message : String(error)}`,
      {
        subject: url.href,
        cause: error,
      },
    );
  }
}

const codeOfStatus = (status: number): ErrorCode =>
  status === 401 || status === 403 ? "access-denied" : status === 429 ? "rate-limited" : "upstream-error";

/** @throws any error but a network failure. */
function codeOfFailure(error: unknown): ErrorCode {
  if (!(error instanceof Error)) throw error;
  const code = "code" in error ? String(error.code) : "";
  if (
    error.name === "TimeoutError" ||
    error.name === "AbortError" ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError
  )
    return "timed-out";
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code)) return "tls-failure";
  // A redirection loop.
  if (error instanceof errors.InvalidArgumentError) return "upstream-error";
  if (error instanceof errors.UndiciError || /^E[A-Z]+$/.test(code)) return "unreachable";
  throw error;
}
