/** A TUF repository's files on loopback. */
import type { RequestListener } from "node:http";
import { type LoopbackServer, serveLoopback } from "./loopback-server.ts";

/** Serves a map of names, as it is when asked. `handle` may answer first: it returns whether it did. */
export async function serveTuf(
  files: ReadonlyMap<string, Uint8Array>,
  handle?: (...given: Parameters<RequestListener>) => boolean,
): Promise<LoopbackServer> {
  const server = await serveLoopback((request, response) => {
    if (handle?.(request, response) === true) return;
    const path = (request.url ?? "/").slice(1);
    const bytes = files.get(path) ?? files.get(path.split("/").map(decodeURIComponent).join("/"));
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  // Paths alone: everything is asked for by GET.
  return { ...server, asked: () => server.asked().map((line) => line.replace(/^GET \//, "")) };
}
