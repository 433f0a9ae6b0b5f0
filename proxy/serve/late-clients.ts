/**
 * Whether a client is late that Node takes for it. Node counts from when a connection was made, or a request began, to
 * when it read the end of it. A connection on which nothing is asked yet is not late, and neither is a request that
 * lies whole before a server which has no time to read it. Source:
 * https://nodejs.org/api/http.html#serverrequesttimeout.
 */
import type { Socket } from "node:net";
import type { ConnectionRoom } from "./connection-room.ts";

/** After so many further looks a client is late though something came since the last: it sends too slowly. */
const mostLooks = 3;

export interface LateClientsOptions {
  readonly room: Pick<ConnectionRoom, "heard">;
  /** Between two looks. */
  readonly againMs: number;
  readonly late: (socket: Socket) => void;
}

/** What Node took for late: it does not look at it any more. */
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
      // What never asked anything is ended as every silent connection is, and its first request is looked at by Node.
      if (socket.destroyed || socket.bytesRead === 0 || this.#cameWhole(one)) return;
      const isOurs = socket.isPaused();
      if (!isOurs && (socket.bytesRead === one.bytes || one.looks >= mostLooks)) {
        late(socket);
        return;
      }
      one.bytes = socket.bytesRead;
      // While it is not read, whoever answers the request has all the time.
      if (!isOurs) one.looks += 1;
      setTimeout(() => this.#look(one), againMs).unref();
    });
  }

  #cameWhole({ socket, index }: Suspected): boolean {
    const { requests, last } = this.#options.room.heard(socket);
    return requests > index || (requests === index && (last === undefined || last.complete));
  }
}
