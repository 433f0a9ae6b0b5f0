/** A TUF repository's files on loopback. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface TufServer {
  readonly url: string;
  /** Paths that were asked for since the last look, in order. */
  asked(): readonly string[];
  close(): Promise<void>;
}

/** Serves a map of names, as it is when asked. `handle` may answer first: it returns whether it did. */
export async function serveTuf(
  files: ReadonlyMap<string, Uint8Array>,
  handle?: (...given: Parameters<RequestListener>) => boolean,
): Promise<TufServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").slice(1);
    asked.push(path);
    if (handle?.(request, response) === true) return;
    const bytes = files.get(path) ?? files.get(path.split("/").map(decodeURIComponent).join("/"));
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
