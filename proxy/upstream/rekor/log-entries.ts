/**
 * Asks logs for the entries of an artifact, where a signature carries none. Source: Rekor v1 OpenAPI,
 * `/api/v1/index/retrieve`, `/api/v1/log/entries/retrieve`; docs/spec/outcomes.md#layouts.
 */
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { isObject, readArray, readString } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { parseRekorApiEntry } from "../../../core/tlog/rekor-v1/api-entry.ts";
import { type BoundedResponse, type Fetcher, shownUrl } from "../fetch-bounded.ts";
import { addressBelow, asUpstreamError, readJsonAnswer } from "../json-answer.ts";
import { codeOfStatus } from "../outage.ts";
import type { Part } from "../route.ts";

export interface RekorOptions {
  readonly fetcher: Fetcher;
  readonly limits: Limits;
  readonly now: () => Date;
}

/** Entries in one request: Rekor refuses more. */
const entriesPerRequest = 10;
const requestsAtOnce = 4;

/** The hash of the leaf, without the tree in front of it. */
const leafOf = (id: string): string => id.slice(-64);

const entryId = /^(?:[0-9a-f]{16})?[0-9a-f]{64}$/;

/**
 * The entries of a hash, by the log's index, which is all that can be searched by a hash. The answer is a list of
 * objects of one entry each, sorted by their ids, so that the same entries are the same answer. Nothing is verified
 * here.
 */
export function openRekor(options: RekorOptions): Part<"log-entry"> {
  return {
    // An address with a user or a query is refused; what it hides is not shown.
    from: ({ log }) => (/[@?#]/.test(log) && URL.canParse(log) ? shownUrl(new URL(log)) : log),
    async ask({ log, hash }, signal) {
      const asked = new Log(log, options, signal);
      const ids = await asked.idsOf(hash);
      const at = options.now().toISOString();
      if (ids.length === 0) return { state: "absent", at, from: asked.name };
      const entries = await asked.entriesOf(ids);
      return { state: "present", value: { json: JSON.stringify(entries) }, at, from: asked.name };
    },
  };
}

class Log {
  readonly name: string;
  readonly #index: URL;
  readonly #entries: URL;
  readonly #options: RekorOptions;
  readonly #signal: AbortSignal;

  /** @throws EngineError `malformed` for what is no address of a log. */
  constructor(log: string, options: RekorOptions, signal: AbortSignal) {
    this.#index = addressBelow(log, "/api/v1/index/retrieve", "malformed");
    this.#entries = addressBelow(log, "/api/v1/log/entries/retrieve", "malformed");
    this.name = log;
    this.#options = options;
    this.#signal = signal;
  }

  /** The ids of all entries of a hash. None: the log said that it has none. */
  async idsOf(hash: string): Promise<readonly string[]> {
    const { limits } = this.#options;
    const response = await this.#post(this.#index, { hash }, limits.manifestBytes);
    const list = asUpstreamError(this.name, "its index cannot be read", () =>
      readArray(readJsonAnswer(response, limits), "").map((id, place) => {
        const text = readString(id, `/${place}`);
        if (!entryId.test(text)) throw new EngineError("malformed", "not the id of an entry", { subject: `/${place}` });
        return text;
      }),
    );
    const ids = [...new Set(list)].sort();
    if (ids.length > limits.signaturesPerImage)
      throw tooMany(`${ids.length} log entries of this hash, at most ${limits.signaturesPerImage} are read`, this.name);
    return ids;
  }

  /**
   * @throws EngineError `upstream-error` when the log has none of the entries that its index names: one of the two is
   * wrong, and nobody can know which.
   */
  async entriesOf(ids: readonly string[]): Promise<readonly JsonObject[]> {
    const { limits } = this.#options;
    // Indexes of old entries have ids without their tree, which the entries themselves always name.
    const wanted = new Set(ids.map(leafOf));
    const found = new Map<string, JsonObject>();
    const batches: (readonly string[])[] = [];
    for (let at = 0; at < ids.length; at += entriesPerRequest) batches.push(ids.slice(at, at + entriesPerRequest));
    let left = limits.bundleBytes;
    for (let at = 0; at < batches.length; at += requestsAtOnce) {
      const most = left;
      const responses = await Promise.all(
        batches.slice(at, at + requestsAtOnce).map((entryUUIDs) => this.#post(this.#entries, { entryUUIDs }, most)),
      );
      for (const response of responses) {
        left -= response.bytes.length;
        if (left < 0) throw tooMany(`more than ${limits.bundleBytes} bytes of log entries of this hash`, this.name);
        for (const [id, value] of this.#read(response)) {
          const entry = { [id]: withoutAttestation(value) };
          // Anybody may log anything about an artifact: a broken entry must not hide one that is not.
          if (wanted.has(leafOf(id)) && this.#isWhole(entry)) found.set(id, entry);
        }
      }
    }
    if (found.size > 0) return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry);
    throw new EngineError("upstream-error", `its index names ${ids.length} entries, but it gives none of them`, {
      subject: this.name,
    });
  }

  #read(response: BoundedResponse): readonly (readonly [string, JsonValue])[] {
    return asUpstreamError(this.name, "its entries cannot be read", () =>
      readArray(readJsonAnswer(response, this.#options.limits), "").flatMap((object) =>
        isObject(object) ? Object.entries(object) : [],
      ),
    );
  }

  #isWhole(entry: JsonObject): boolean {
    try {
      parseRekorApiEntry(JSON.stringify(entry), this.#options.limits);
      return true;
    } catch (error) {
      if (error instanceof EngineError && (error.code === "malformed" || error.code === "over-limit")) return false;
      throw error;
    }
  }

  async #post(url: URL, body: JsonObject, maxBytes: number): Promise<BoundedResponse> {
    const response = await this.#send(url, body, maxBytes);
    if (response.status === 200) return response;
    const cannot = response.status === 404 || response.status === 405 || response.status === 501;
    throw new EngineError(
      codeOfStatus(response.status),
      cannot
        ? `answered ${response.status}: it cannot be searched by a hash as a log of Rekor v1 can`
        : `answered ${response.status}`,
      { subject: shownUrl(url) },
    );
  }

  async #send(url: URL, body: JsonObject, maxBytes: number): Promise<BoundedResponse> {
    const headers = { accept: "application/json", "content-type": "application/json" };
    const request = {
      method: "POST",
      url,
      headers,
      body: JSON.stringify(body),
      maxBytes,
      staysAtOrigin: true,
    } as const;
    try {
      return await this.#options.fetcher.fetch(request, this.#signal);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "over-limit") throw error;
      throw tooMany(`more than ${maxBytes} bytes of log entries of this hash`, shownUrl(url));
    }
  }
}

/** Anybody may log anything under a hash: that it is too much says nothing of the signature that is looked for. */
const tooMany = (what: string, subject: string): EngineError =>
  new EngineError("over-budget", `${what}; a signature that carries its entry needs none of them`, { subject });

/** A copy of what was attested, which nobody verifies and which may be large. */
function withoutAttestation(entry: JsonValue): JsonValue {
  if (!isObject(entry)) return entry;
  const { attestation: _, ...rest } = entry;
  return rest;
}
