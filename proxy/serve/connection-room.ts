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
/** A client takes its answers; one that has not taken one for so long since it was handed over whole makes room. */
const untakenMs = 10_000;
/**
 * All connections are looked at no more often than this: there may be very many. A connection on which everything was
 * answered also stays open for this long.
 */
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
  /** What is being answered, and when an answer was first seen handed over whole. */
  readonly working: Map<ServerResponse, number | undefined>;
  /** When it came, or its last answer was sent. */
  since: number;
  /** Bytes that had come when its last answer was sent; -1 before that. */
  read: number;
  readonly answered: (this: ServerResponse) => void;
}

export interface ConnectionRoomOptions {
  readonly server: Server;
  /** Connections at the same time. */
  readonly most: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** A TLS connection is another object than the one that it came over, and has its addresses. */
const keyOf = ({ remoteAddress = "", remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`;

/** One on which a part of a request came, the first or another, has longer for the rest. */
const isIdle = ({ socket, since, last, read }: Held, now: number): boolean =>
  now - since >= (last === undefined && read === socket.bytesRead ? pauseMs : silentMs);

/** What is still written, such as a layer that somebody fetches slowly, has the time that it takes. */
function leavesAnswers({ working }: Held, now: number): boolean {
  for (const [response, whole] of working)
    if (response.writableEnded) {
      if (whole === undefined) working.set(response, now);
      else if (now - whole >= untakenMs) return true;
    }
  return false;
}

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
    held.working.set(response, undefined);
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
    const now = this.#now;
    const held: Held = {
      socket,
      requests: 0,
      last: undefined,
      working: new Map(),
      since: now(),
      read: -1,
      answered() {
        held.working.delete(this);
        held.since = now();
        held.read = socket.bytesRead;
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
    // Not by Node's `closeIdleConnections`: it ends also who has not taken all of an answer yet.
    for (const held of this.#open.values())
      if (held.working.size === 0 ? isIdle(held, now) : leavesAnswers(held, now)) held.socket.destroy();
  }
}
