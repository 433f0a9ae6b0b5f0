/**
 * Whether a client that Node takes for late is late. Node counts from when a connection was made, or a request began,
 * to when it has read the end. A connection on which nothing was asked yet is not late, nor is a request that came
 * whole while the server had no time to read it. Source: https://nodejs.org/api/http.html#serverrequesttimeout.
 */
import type { Socket } from "node:net";
import type { ConnectionRoom } from "./connection-room.ts";

/** After so many further looks a client is late even if something came since the last: it sends too slowly. */
const mostLooks = 3;

export interface LateClientsOptions {
  readonly room: Pick<ConnectionRoom, "heard">;
  /** Between two looks. */
  readonly againMs: number;
  readonly late: (socket: Socket) => void;
}

/** What Node took for late. Node does not look at it again. */
interface Suspected {
  readonly socket: Socket;
  /** Which of the requests of the connection it is, counted from one. */
  readonly index: number;
  /** Bytes that had been read. */
  bytes: number;
  looks: number;
}

export class LateClients {
  readonly #options: LateClientsOptions;

  constructor(options: LateClientsOptions) {
    this.#options = options;
  }

  suspect(socket: Socket): void {
    const { requests, last } = this.#options.room.heard(socket);
    const isBody = last !== undefined && !last.complete;
    this.#look({ socket, index: isBody ? requests : requests + 1, bytes: socket.bytesRead, looks: 0 });
  }

  /** Once everything was read that lies here: Node's timers come before it reads. */
  #look(one: Suspected): void {
    setImmediate(() => {
      const { againMs, late } = this.#options;
      const { socket } = one;
      // Where nothing was ever asked, the bound on silence ends the connection, and Node times its first request.
      if (socket.destroyed || socket.bytesRead === 0 || this.#cameWhole(one)) return;
      const isOurs = socket.isPaused();
      if (!isOurs && (socket.bytesRead === one.bytes || one.looks >= mostLooks)) {
        late(socket);
        return;
      }
      one.bytes = socket.bytesRead;
      // A paused connection waits for this server, and its client is not late.
      if (!isOurs) one.looks += 1;
      setTimeout(() => this.#look(one), againMs).unref();
    });
  }

  #cameWhole({ socket, index }: Suspected): boolean {
    const { requests, last } = this.#options.room.heard(socket);
    return requests > index || (requests === index && (last === undefined || last.complete));
  }
}
