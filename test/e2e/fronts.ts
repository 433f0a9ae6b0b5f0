/** What stands between the program and a server of a scenario: a host that hands requests on, and a proxy. */
import { createServer, type IncomingMessage, request as send, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import type { TlsIdentity } from "../support/tls-identity.ts";

export interface Front {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly close: () => Promise<void>;
}

async function listening(server: Server): Promise<Front> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export interface FrontRules {
  /** Lets a request through, then or later; false: it was answered here. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean> | boolean;
  /** Hears of a request that was passed on, with its body. */
  readonly passed?: (request: IncomingMessage, body: string) => void;
  /** Another body in the place of a server's JSON. */
  readonly change?: (text: string, path: string) => string;
  readonly tls?: TlsIdentity;
}

/** A host that hands each request on to another. */
export function startFront(host: string, { before, passed: heard, change, tls }: FrontRules): Promise<Front> {
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = "GET", url = "/", headers } = request;
    const [hostname = "", port = ""] = host.split(":");
    const passed = send({ host: hostname, port, method, path: url, headers }, (answer) => {
      if (change === undefined) {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        return;
      }
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("end", () => {
        const { "content-length": _, ...rest } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, rest).end(change(text, url));
      });
    });
    passed.on("error", () => response.destroy());
    if (heard !== undefined) {
      let body = "";
      request.on("data", (piece: Buffer) => {
        body += piece.toString("utf8");
      });
      request.on("end", () => heard(request, body));
    }
    request.pipe(passed);
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void Promise.resolve(before?.(request, response) ?? true).then((goesOn) => {
      if (goesOn) pass(request, response);
    });
  return listening(tls === undefined ? createServer(handle) : (createTlsServer(tls, handle) as Server));
}

/** A proxy for HTTPS, to which every host of the world is one of this machine. */
export function startProxy(target: string): Promise<Front> {
  const server = createServer((_, response) => void response.writeHead(405).end());
  server.on("connect", (_, client, head: Buffer) => {
    const [host = "", port = ""] = target.split(":");
    const socket = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.write(head);
      socket.pipe(client);
      client.pipe(socket);
    });
    socket.on("error", () => client.destroy());
    client.on("error", () => socket.destroy());
  });
  return listening(server);
}
