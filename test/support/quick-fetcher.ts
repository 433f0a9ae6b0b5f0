/** A fetcher that tries again without waiting. */
import { Connections, type ConnectionOptions } from "../../proxy/upstream/connections.ts";
import { Fetcher, type FetcherOptions } from "../../proxy/upstream/fetch-bounded.ts";
import { openTufMirror, type TufMirror } from "../../proxy/upstream/tuf/fetch-files.ts";

export const quickFetcher = (
  options: Omit<FetcherOptions, "connections"> = {},
  connections: Partial<ConnectionOptions> = {},
): Fetcher =>
  new Fetcher({
    connections: new Connections({ env: {}, ...connections }),
    sleep: () => Promise.resolve(),
    ...options,
  });

export const quickTufMirror = (url: string, timeoutMs?: number): TufMirror =>
  openTufMirror(url, { fetcher: quickFetcher(), ...(timeoutMs === undefined ? {} : { timeoutMs }) });
