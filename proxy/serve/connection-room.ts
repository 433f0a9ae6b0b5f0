/**
 * Room among the connections of a listener. Their number is bounded, and whoever comes when it is reached is turned
 * away. So that nobody fills a listener by connections on which nothing is asked, those end where it is nearly full.
 * Clients open another when they have something to ask. Source: https://nodejs.org/api/http.html.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server, Socket } from "node:net";

/** A listener is nearly full where this part of its connections is taken. */
const nearlyFull = 7 / 8;
/** A client that connects has something to ask; one that has asked nothing whole for so long makes room. */
const silentMs = 1000;
/** To look at all connections takes a moment, and whoever fills a listener opens very many. */
const pauseMs = 100;

/** What came over a connection. */
export interface Heard {
  /** Requests of which the headers came. */
  readonly requests: number;
  /** The last of them, until it came whole and was answered. */
  readonly last: IncomingMessage | undefined;
}

interface Held {
  readonly socket: Socket;
  requests: number;
  last: IncomingMessage | undefined;
  /** Requests that are being answered. */
  working: number;
  /** When it came, or its last answer was sent. */
  since: number;
  readonly answered: () => void;
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
  readonly #open = new Map<string, Held>();
  /** By what requests come over. */
  readonly #known = new WeakMap<Socket, Held>();
  #count = 0;
  #looked = Number.NEGATIVE_INFINITY;

  constructor(options: ConnectionRoomOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    options.server.on("connection", (socket: Socket) => this.#opened(socket));
    options.server.on("drop", () => this.#makeRoom());
  }

  /** Hears each request. */
  asked(request: IncomingMessage, response: ServerResponse): void {
    const held = this.#heldOf(request.socket);
    if (held === undefined) return;
    held.working += 1;
    held.requests += 1;
    held.last = request;
    response.on("close", held.answered);
  }

  heard(socket: Socket): Heard {
    return this.#heldOf(socket) ?? { requests: 0, last: undefined };
  }

  #heldOf(socket: Socket): Held | undefined {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const held = this.#open.get(keyOf(socket));
    if (held !== undefined) this.#known.set(socket, held);
    return held;
  }

  #opened(socket: Socket): void {
    const key = keyOf(socket);
    const held: Held = {
      socket,
      requests: 0,
      last: undefined,
      working: 0,
      since: this.#now(),
      answered: () => {
        held.working -= 1;
        held.since = this.#now();
        if (held.last?.complete === true) held.last = undefined;
      },
    };
    this.#count += 1;
    this.#open.set(key, held);
    socket.once("close", () => {
      this.#count -= 1;
      if (this.#open.get(key) === held) this.#open.delete(key);
    });
    if (this.#count >= this.#options.most * nearlyFull) this.#makeRoom();
  }

  #makeRoom(): void {
    const now = this.#now();
    if (now - this.#looked < pauseMs) return;
    this.#looked = now;
    this.#options.server.closeIdleConnections();
    // Node takes one for busy on which a part of a request came: an answered one whose body does not come, or the next.
    for (const { socket, working, since } of this.#open.values())
      if (working === 0 && now - since >= silentMs) socket.destroy();
  }
}
