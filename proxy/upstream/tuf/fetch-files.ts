/** Where TUF metadata is fetched from: a web server, or a folder. Every read is bounded in size and time. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "../../../core/errors.ts";
import { type Fetcher, shownUrl } from "../fetch-bounded.ts";
import { codeOfStatus } from "../outage.ts";

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
  /** For one file, with all tries. Default 30 s. */
  readonly timeoutMs?: number;
  /** Ends what is being fetched. */
  readonly signal?: AbortSignal;
  readonly fetcher: Fetcher;
}

/** @throws EngineError `invalid-usage` when it is not an http, https or file URL. */
export function openTufMirror(url: string, options: TufMirrorOptions): TufMirror {
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

async function fetchFile(
  url: URL,
  maxBytes: number,
  { fetcher, timeoutMs = 30_000, signal }: TufMirrorOptions,
): Promise<Uint8Array | undefined> {
  const inTime = AbortSignal.timeout(timeoutMs);
  const until = signal === undefined ? inTime : AbortSignal.any([signal, inTime]);
  const response = await fetcher.fetch({ url, maxBytes }, until);
  if (response.status === 200) return response.bytes;
  if (response.status === 404) return undefined;
  throw new EngineError(codeOfStatus(response.status), `answered ${response.status}`, { subject: shownUrl(url) });
}
