/**
 * Room among the connections of a listener. Their number is bounded, and whoever comes when it is reached is turned
 * away. So that nobody fills a listener by connections on which nothing is asked, those end where it is nearly full.
 * Clients open another when they have something to ask. Source: https://nodejs.org/api/http.html.
 */
import type { IncomingMessage } from "node:http";
import type { Server, Socket } from "node:net";

/** A listener is nearly full where this part of its connections is taken. */
const nearlyFull = 7 / 8;
/** A client that connects has something to ask; one that has said nothing for so long makes room. */
const silentMs = 1000;
/** To look at all connections takes a moment, and whoever fills a listener opens very many. */
const pauseMs = 100;

interface Fresh {
  readonly socket: Socket;
  readonly since: number;
}

export interface ConnectionRoomOptions {
  readonly server: Server & { closeIdleConnections(): void };
  /** Connections at the same time. */
  readonly most: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** A TLS connection is another object than the one that it came over, and has its addresses. */
const keyOf = ({ remoteAddress = "", remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`;

export class ConnectionRoom {
  readonly #options: ConnectionRoomOptions;
  readonly #now: () => number;
  /** Connections on which nothing was asked yet, the oldest first. */
  readonly #fresh = new Map<string, Fresh>();
  readonly #known = new WeakSet<Socket>();
  #count = 0;
  #looked = Number.NEGATIVE_INFINITY;

  constructor(options: ConnectionRoomOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    options.server.on("connection", (socket: Socket) => this.#opened(socket));
    options.server.on("drop", () => this.#makeRoom());
  }

  /** Hears each request. */
  asked({ socket }: IncomingMessage): void {
    if (this.#known.has(socket)) return;
    this.#known.add(socket);
    this.#fresh.delete(keyOf(socket));
  }

  #opened(socket: Socket): void {
    const key = keyOf(socket);
    this.#count += 1;
    this.#fresh.set(key, { socket, since: this.#now() });
    socket.once("close", () => {
      this.#count -= 1;
      if (this.#fresh.get(key)?.socket === socket) this.#fresh.delete(key);
    });
    if (this.#count >= this.#options.most * nearlyFull) this.#makeRoom();
  }

  #makeRoom(): void {
    const now = this.#now();
    if (now - this.#looked < pauseMs) return;
    this.#looked = now;
    this.#options.server.closeIdleConnections();
    for (const { socket, since } of this.#fresh.values()) {
      if (now - since < silentMs) return;
      socket.destroy();
    }
  }
}
