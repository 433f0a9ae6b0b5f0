/** A server on loopback for one test, with a list of what was asked. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";

export interface LoopbackServer {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly url: string;
  /** `METHOD PATH`, in order, since the last look. */
  asked(): readonly string[];
  close(): Promise<void>;
}

export async function serveLoopback(handle: RequestListener, tls?: ServerOptions): Promise<LoopbackServer> {
  const asked: string[] = [];
  const listener: RequestListener = (request: IncomingMessage, response) => {
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    handle(request, response);
  };
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
