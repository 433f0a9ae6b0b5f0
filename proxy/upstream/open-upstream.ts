/** Everything that may be asked outside, put together. Who never calls this can dial nothing. */
import { Connections } from "./connections.ts";
import { Fetcher } from "./fetch-bounded.ts";
import type { Environment } from "./proxy-choice.ts";

export interface UpstreamOptions {
  /** For proxies. */
  readonly env: Environment;
  /** Receives a line for each request and answer, without secrets. */
  readonly log?: ((line: string) => void) | undefined;
}

export interface Upstream {
  readonly fetcher: Fetcher;
  close(): Promise<void>;
}

export function openUpstream({ env, log }: UpstreamOptions): Upstream {
  const connections = new Connections({ env });
  return { fetcher: new Fetcher({ connections, log }), close: () => connections.close() };
}
