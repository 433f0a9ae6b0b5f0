/**
 * The client that measures how long answers take, in a process of its own: whatever else a benchmark does in its
 * process would count as the server's time. It makes few objects, and is started with room in which they fit. Its
 * connections are open, and were used, before it measures.
 */
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { AnswerEnd } from "./answer-end.ts";

/** What a benchmark wants of its client. */
export type Order =
  /** Whole requests, as they go over the wire; after the last one the first is sent again. */
  | { readonly act: "take"; readonly requests: readonly Uint8Array[] }
  /** As many a second as are answered: each connection asks again when it has its answer. */
  | { readonly act: "most"; readonly ports: readonly number[]; readonly connections: number; readonly count: number }
  /** So many a second, whether or not earlier ones are answered. */
  | Paced;

interface Paced {
  readonly act: "paced";
  readonly port: number;
  readonly connections: number;
  readonly count: number;
  readonly rate: number;
}

export interface Done {
  /** Milliseconds from the first request to the last answer. */
  readonly took: number;
  /** Microseconds of the client's processor meanwhile. */
  readonly cpu: number;
  /** Of a paced order, by request: milliseconds from when it was due to the end of its answer. */
  readonly times?: Float64Array;
  /** And to when the client looked for a connection for it: what it is late itself. */
  readonly late?: Float64Array;
}

interface Connection {
  readonly port: number;
  readonly socket: TLSSocket;
  /** Which request it carries. */
  index: number;
}

/** What comes is looked at as soon as it was read, so that one room does for all connections. */
const room = Buffer.allocUnsafeSlow(64 * 1024);

type Beat = Readonly<Record<"begin" | "everyMs" | "count", number>>;

const now = (): number => performance.timeOrigin + performance.now();

export class Client {
  readonly #metronome: Worker;
  #requests: readonly Uint8Array[] = [];
  #turn = 0;
  /** By port. The one that has been free for the longest time comes first: a server closes what nobody uses. */
  readonly #free = new Map<number, Connection[]>();
  #answered: (connection: Connection) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;
  #beat: () => void = () => undefined;

  constructor(metronome: Worker) {
    this.#metronome = metronome;
    metronome.on("message", () => this.#beat());
  }

  async obey(order: Order): Promise<Done> {
    if (order.act === "take") {
      this.#requests = order.requests;
      return { took: 0, cpu: 0 };
    }
    const ports = order.act === "most" ? order.ports : [order.port];
    for (const port of ports) await this.#open(port, order.connections);
    const before = process.cpuUsage();
    const begun = performance.now();
    const seen = await new Promise<Pick<Done, "times" | "late">>((resolve, reject) => {
      this.#failed = reject;
      if (order.act === "paced") this.#paced(order, resolve);
      else this.#most(order, () => resolve({}));
    });
    const took = performance.now() - begun;
    const { user, system } = process.cpuUsage(before);
    return { took, cpu: user + system, ...seen };
  }

  #send(connection: Connection): void {
    connection.socket.write(this.#requests[this.#turn++ % this.#requests.length] as Uint8Array);
  }

  #freeOf(port: number): Connection[] {
    const free = this.#free.get(port) ?? [];
    this.#free.set(port, free);
    return free;
  }

  /** Each has had its first answer: what a server does once for each connection is done. */
  async #open(port: number, count: number): Promise<void> {
    const free = this.#freeOf(port);
    while (free.length < count)
      await new Promise<void>((resolve, reject) => {
        this.#failed = reject;
        this.#answered = (connection) => {
          free.push(connection);
          resolve();
        };
        this.#connect(port, free);
      });
  }

  #connect(port: number, free: Connection[]): void {
    const end = new AnswerEnd();
    const callback = (length: number): boolean => {
      try {
        if (end.take(room, length)) this.#answered(connection);
      } catch (error) {
        this.#failed(error as Error);
      }
      return true;
    };
    const to = { port, host: "127.0.0.1", rejectUnauthorized: false, onread: { buffer: room, callback } };
    const socket = connect(to, () => this.#send(connection));
    const connection: Connection = { port, socket, index: -1 };
    socket.setNoDelay(true);
    socket.once("error", (error) => this.#failed(error));
    socket.once("close", () => {
      const place = free.indexOf(connection);
      if (place === -1) this.#failed(new Error("the server closed a connection before it answered"));
      else free.splice(place, 1);
    });
  }

  #most({ ports, connections, count }: Extract<Order, { act: "most" }>, done: () => void): void {
    let [sent, got] = [0, 0];
    const next = (connection: Connection): void => {
      if (sent === count) {
        this.#freeOf(connection.port).push(connection);
        return;
      }
      sent += 1;
      this.#send(connection);
    };
    this.#answered = (connection) => {
      got += 1;
      next(connection);
      if (got === count) done();
    };
    const used = ports.flatMap((port) => this.#freeOf(port).splice(0, connections));
    for (const connection of used) next(connection);
  }

  #paced({ port, count, rate }: Paced, done: (seen: Pick<Done, "times" | "late">) => void): void {
    const free = this.#freeOf(port);
    const times = new Float64Array(count);
    const late = new Float64Array(count);
    const everyMs = 1000 / rate;
    const begin = now() + everyMs;
    const dueAt = (index: number): number => begin + index * everyMs;
    let [seen, sent, got] = [0, 0, 0];
    this.#beat = () => {
      for (const at = now(); seen < count && dueAt(seen) <= at; seen++) late[seen] = at - dueAt(seen);
      // One for which there is no connection waits for the next that is free.
      for (; sent < seen && free.length > 0; sent++) {
        const connection = free.shift() as Connection;
        connection.index = sent;
        this.#send(connection);
      }
    };
    this.#answered = (connection) => {
      times[connection.index] = now() - dueAt(connection.index);
      free.push(connection);
      got += 1;
      if (got < count) this.#beat();
      else done({ times, late });
    };
    this.#metronome.postMessage({ begin, everyMs, count } satisfies Beat);
  }
}

/**
 * Says when a request is due. Node's timers count whole milliseconds, and a program that looks at the clock all the
 * time takes a processor from the server; a thread can wait for less.
 */
function keepTime(): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  parentPort?.on("message", ({ begin, everyMs, count }: Beat) => {
    for (let index = 0; index < count; index++) {
      const wait = begin + index * everyMs - now();
      if (wait > 0) Atomics.wait(never, 0, 0, wait);
      parentPort?.postMessage(undefined);
    }
  });
}

function listen(): void {
  // Else Linux lets a thread sleep for 50 microseconds more. Threads have it of the one that made them.
  if (process.platform === "linux") writeFileSync("/proc/self/timerslack_ns", "1");
  const client = new Client(new Worker(fileURLToPath(import.meta.url)));
  process.on("message", (order: Order) => {
    client.obey(order).then(
      (done) => process.send?.(done),
      (error: Error) => process.send?.({ failed: error.message }),
    );
  });
  process.on("disconnect", () => process.exit());
}

if (!isMainThread) keepTime();
else if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) listen();
