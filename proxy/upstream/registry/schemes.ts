/**
 * Whether a host speaks https or http, found out once: https is tried first, http only for this machine and hosts to
 * which it was allowed. Source: https://github.com/google/go-containerregistry/tree/main/pkg/v1/remote.
 */
import { EngineError } from "../../../core/errors.ts";
import type { Fetcher } from "../fetch-bounded.ts";
import { speaksNoTls } from "../outage.ts";
import type { Endpoint } from "./endpoint.ts";

export class Schemes {
  readonly #fetcher: Fetcher;
  readonly #found = new Map<string, Promise<"https" | "http">>();

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher;
  }

  /** The origin under which the endpoint is asked. @throws EngineError an outage. */
  async originOf({ host, scheme }: Endpoint, signal: AbortSignal): Promise<URL> {
    if (scheme !== "either") return new URL(`${scheme}://${host}/`);
    const asking = this.#found.get(host) ?? this.#probe(host, signal);
    this.#found.set(host, asking);
    try {
      return new URL(`${await asking}://${host}/`);
    } catch (error) {
      this.#found.delete(host);
      throw error;
    }
  }

  /** An untrusted certificate is no reason to speak without one. */
  async #probe(host: string, signal: AbortSignal): Promise<"https" | "http"> {
    try {
      await this.#fetcher.fetch({ method: "HEAD", url: new URL(`https://${host}/v2/`), maxBytes: 0, tries: 1 }, signal);
      return "https";
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // Without a port, https and http are two servers.
      const otherPort = error.code === "unreachable" && !/:\d+$/.test(host);
      if (!speaksNoTls(error) && !otherPort) throw error;
      return "http";
    }
  }
}
