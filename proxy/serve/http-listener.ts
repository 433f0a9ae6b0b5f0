/**
 * One address that is listened on, within bounds: header bytes, connections, times. What serves it and its certificate
 * are replaced while it runs. Source: https://nodejs.org/api/http.html.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { EngineError } from "../../core/errors.ts";
import type { Address } from "./address.ts";
import { ConnectionRoom } from "./connection-room.ts";
import { LateClients } from "./late-clients.ts";
import { NamedResponse } from "./named-response.ts";

export interface ListenerBounds {
  readonly headers: number;
  readonly connections: number;
  readonly headerTimeout: number;
  readonly requestTimeout: number;
}

/** PEM texts. */
export interface ListenerTls {
  readonly certificate: string;
  readonly key: string;
  /** Authorities of client certificates; absent: none is asked for. */
  readonly clientCa?: string;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListenerOptions {
  readonly address: Address;
  readonly tls: ListenerTls | undefined;
  readonly bounds: ListenerBounds;
  readonly handle: Handler;
  /** A connection or a request that never got to the handler, and why. */
  readonly refused: (reason: "connections" | "headers" | "slow" | "malformed" | "tls") => void;
}

/** How often Node looks for requests that take too long. */
const lookMs = 1000;
/** A client that neither sends nor takes anything. */
const silenceMs = 120_000;
/** To read why it was refused. */
const goodbyeMs = 1000;
const keepAliveMs = 65_000;
const mostHeaders = 100;
/** Then a client connects again, so that load spreads over replicas. */
const requestsPerConnection = 10_000;

const reasons: Readonly<Record<string, readonly [status: string, reason: "headers" | "slow"]>> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "headers"],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "slow"],
};

const listenFaults: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process uses it",
  EACCES: "this user may not use the port; those from 1024 on are open to all",
  EADDRNOTAVAIL: "this machine does not have it",
};

const whyNot = ({ code = "", message }: NodeJS.ErrnoException): string =>
  listenFaults[code] === undefined ? message : `${listenFaults[code]} (${code})`;

const tlsOptions = ({ certificate, key, clientCa }: ListenerTls) => ({
  cert: certificate,
  key,
  minVersion: "TLSv1.2" as const,
  // A client without a certificate gets an answer that says so, and probes of health need none.
  ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
});

export class HttpListener {
  readonly #server: Server | TlsServer;
  readonly #isTls: boolean;
  #handle: Handler;

  private constructor(server: Server | TlsServer, { tls, handle }: ListenerOptions) {
    this.#server = server;
    this.#isTls = tls !== undefined;
    this.#handle = handle;
  }

  /** @throws EngineError `invalid-config` when the address cannot be listened on. The certificate was checked. */
  static async open(options: ListenerOptions): Promise<HttpListener> {
    const { address, tls, bounds, refused } = options;
    const serverOptions: ServerOptions = {
      ServerResponse: NamedResponse as unknown as typeof ServerResponse,
      maxHeaderSize: bounds.headers,
      headersTimeout: bounds.headerTimeout,
      requestTimeout: Math.max(bounds.requestTimeout, bounds.headerTimeout),
      connectionsCheckingInterval: lookMs,
      keepAliveTimeout: keepAliveMs,
      requireHostHeader: true,
    };
    let listener: HttpListener | undefined;
    let room: ConnectionRoom | undefined;
    const handle: Handler = (request, response) => {
      room?.asked(request, response);
      if (request.rawHeaders.length <= 2 * mostHeaders) listener?.handle(request, response);
      else {
        refused("headers");
        response.writeHead(431, ["connection", "close", "content-length", "0"]).end();
      }
    };
    const server =
      tls === undefined
        ? createServer(serverOptions, handle)
        : createTlsServer({ ...serverOptions, ...tlsOptions(tls), handshakeTimeout: bounds.headerTimeout }, handle);
    server.maxConnections = bounds.connections;
    room = new ConnectionRoom({ server, most: bounds.connections });
    // Node leaves out further ones and says nothing: a body's length may be among them, by which it is bounded.
    server.maxHeadersCount = mostHeaders + 1;
    server.maxRequestsPerSocket = requestsPerConnection;
    server.setTimeout(silenceMs, (socket) => socket.destroy());
    server.on("drop", () => refused("connections"));
    server.on("tlsClientError", () => refused("tls"));
    const ending = new WeakSet<Socket>();
    const refuse = (code: string, socket: Socket): void => {
      // How it ends is no further fault.
      if (ending.has(socket)) return;
      ending.add(socket);
      const [status, reason] = reasons[code] ?? ["400 Bad Request", "malformed"];
      if (code !== "ECONNRESET") refused(reason);
      if (!socket.writable) {
        socket.destroy();
        return;
      }
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      // Its own side stays open for as long as it likes, and whoever goes on sending is never silent.
      setTimeout(() => socket.destroy(), goodbyeMs).unref();
    };
    const lateCode = "ERR_HTTP_REQUEST_TIMEOUT";
    const late = new LateClients({
      room,
      againMs: bounds.headerTimeout,
      late: (socket) => refuse(lateCode, socket),
    });
    server.on("clientError", ({ code = "" }: NodeJS.ErrnoException, socket: Socket) => {
      if (code === lateCode) late.suspect(socket);
      else refuse(code, socket);
    });
    listener = new HttpListener(server, options);
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) =>
        reject(
          new EngineError("invalid-config", `cannot listen on this address: ${whyNot(error)}`, {
            subject: `${address.host ?? ""}:${address.port}`,
            cause: error,
          }),
        ),
      );
      server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) }, resolve);
    });
    return listener;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#handle(request, response);
  }

  get isTls(): boolean {
    return this.#isTls;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open. */
  count(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((_, count) => resolve(count)));
  }

  /** New requests get another handler, new connections another certificate: one that was checked. */
  replace({ tls, handle }: Pick<ListenerOptions, "tls" | "handle">): void {
    if (tls !== undefined) (this.#server as TlsServer).setSecureContext(tlsOptions(tls));
    this.#handle = handle;
  }

  /** Takes no new connection, and ends idle ones; resolves when the last one has ended. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  /** Ends every connection, whatever it is doing. */
  cut(): void {
    this.#server.closeAllConnections();
  }
}

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws what OpenSSL says of one that cannot be read. */
const countAuthorities = (text: string): number =>
  (text.match(pem) ?? []).map((one) => new X509Certificate(one)).length;

/**
 * When the certificate expires.
 * @throws EngineError `invalid-config` when certificate and key do not belong together, or are none.
 */
export function checkTls(tls: ListenerTls, subject: string): Date {
  try {
    const certificate = new X509Certificate(tls.certificate);
    if (!certificate.checkPrivateKey(createPrivateKey(tls.key)))
      throw new Error("the key does not belong to the certificate");
    // Without a certificate in it, Node would let in whom the public authorities know.
    if (tls.clientCa !== undefined && countAuthorities(tls.clientCa) === 0)
      throw new Error("the file of the clients' authorities holds no certificate");
    createSecureContext(tlsOptions(tls));
    return new Date(certificate.validTo);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EngineError("invalid-config", `certificate and key cannot be used: ${why}`, { subject, cause: error });
  }
}
