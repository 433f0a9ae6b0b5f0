/**
 * Whether a host speaks https or http, found out once, and only for this machine and for hosts that may be asked
 * without TLS: the latter are asked by https first. Source:
 * https://github.com/google/go-containerregistry/tree/main/pkg/v1/remote.
 */
import { EngineError } from "../../../core/errors.ts";
import type { BoundedResponse, Fetcher } from "../fetch-bounded.ts";
import { speaksNoTls } from "../outage.ts";
import { type Endpoint, isLocal } from "./endpoint.ts";

export class Schemes {
  readonly #fetcher: Fetcher;
  readonly #found = new Map<string, Promise<"https" | "http">>();
  readonly #plain = new Set<string>();
  readonly #challenges = new Map<string, string>();

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher;
  }

  /** The origin under which the endpoint is asked. @throws EngineError an outage. */
  async originOf({ host, scheme }: Endpoint, signal: AbortSignal): Promise<URL> {
    if (scheme !== "either") return new URL(`${scheme}://${host}/`);
    const asking = this.#found.get(host) ?? this.#probe(host, signal);
    this.#found.set(host, asking);
    try {
      const spoken = await asking;
      if (spoken === "http") this.#plain.add(host);
      return new URL(`${spoken}://${host}/`);
    } catch (error) {
      this.#found.delete(host);
      throw error;
    }
  }

  /** Whether the endpoint was asked without TLS. */
  isPlain({ host, scheme }: Endpoint): boolean {
    return scheme === "http" || (scheme === "either" && this.#plain.has(host));
  }

  /** What the origin asked for when it was found out: its WWW-Authenticate. */
  challengeOf(origin: string): string | undefined {
    return this.#challenges.get(origin);
  }

  async #probe(host: string, signal: AbortSignal): Promise<"https" | "http"> {
    return isLocal(host) && (await this.#speaksHttp(host, signal)) ? "http" : this.#httpsOrHttp(host, signal);
  }

  /** On this machine nobody listens, and reading all authorities for a host that speaks no TLS takes its time. */
  async #speaksHttp(host: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { status, url } = await this.#ping("http", host, signal);
      // 400 is what servers answer that were waiting for TLS.
      return url.protocol === "http:" && status !== 400;
    } catch (error) {
      if (!(error instanceof EngineError) || signal.aborted) throw error;
      return false;
    }
  }

  /** An untrusted certificate is no reason to speak without one. */
  async #httpsOrHttp(host: string, signal: AbortSignal): Promise<"https" | "http"> {
    try {
      await this.#ping("https", host, signal);
      return "https";
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // Without a port, https and http are two servers.
      const otherPort = error.code === "unreachable" && !/:\d+$/.test(host);
      if (!speaksNoTls(error) && !otherPort) throw error;
      return "http";
    }
  }

  async #ping(scheme: string, host: string, signal: AbortSignal): Promise<BoundedResponse> {
    const url = new URL(`${scheme}://${host}/v2/`);
    const response = await this.#fetcher.fetch({ url, maxBytes: pingBytes, tries: 1 }, signal);
    const challenge = response.headers["www-authenticate"];
    if (response.status === 401 && response.url.origin === url.origin && challenge !== undefined)
      this.#challenges.set(url.origin, challenge);
    return response;
  }
}

const pingBytes = 64 * 1024;
