/** Servers of benchmarks in processes of their own: what each costs the processor for one request. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface ProcessUse {
  /** Microseconds of the processor. */
  readonly cpu: number;
  /** Bytes of memory, and the most of them since the last time. */
  readonly most: number;
}

export interface Running {
  readonly port: number;
  readonly use: () => Promise<ProcessUse>;
  readonly end: () => void;
}

/** Starts a program of {@link serveBench}, as it was built: a loader that translates would be measured too. */
export async function startServer(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child: ChildProcess = fork(program, [...words], {
    env: { ...process.env, ...env },
    execArgv: [],
  });
  const next = async (): Promise<unknown> => ((await once(child, "message")) as readonly unknown[])[0];
  const { port } = (await next()) as { readonly port: number };
  return {
    port,
    async use() {
      const answer = next();
      child.send("use");
      return (await answer) as ProcessUse;
    },
    end() {
      if (child.connected) child.disconnect();
    },
  };
}

/** The server's side: opens it, tells its port, and what was used whenever it is asked. */
export async function serveBench(open: () => Promise<number>): Promise<void> {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  setInterval(look, 10).unref();
  process.on("message", () => {
    look();
    const { user, system } = process.cpuUsage();
    process.send?.({ cpu: user + system, most } satisfies ProcessUse);
    most = 0;
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ port: await open() });
}

export interface Load {
  readonly port: number;
  /** Whole requests, as they go over the wire; after the last one the first is sent again. */
  readonly requests: readonly Buffer[];
  readonly isTls?: boolean;
}

/** Sends requests over and over on some connections, several at a time on each: the server is what is busy. */
export async function load({ port, requests, isTls = false }: Load, count: number): Promise<void> {
  // Node 20 refuses bodies that come by TLS before their turn, and API servers do not send them so.
  const [connections, depth] = isTls ? [16, 1] : [8, 8];
  const each = Math.ceil(count / connections);
  let turn = 0;
  const next = (): Buffer => requests[turn++ % requests.length] as Buffer;
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const to = { port, host: "127.0.0.1" };
          const socket: Socket = isTls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
          const status = Buffer.from("HTTP/1.1 200");
          let [sent, got] = [0, 0];
          const send = (): void => {
            const now = Math.min(depth, each - sent);
            if (now === 1) socket.write(next());
            else if (now > 0) socket.write(Buffer.concat(Array.from({ length: now }, next)));
            sent += now;
          };
          // What a status line begins with may come in two pieces.
          let rest: Buffer = Buffer.alloc(0);
          socket.on("data", (piece: Buffer) => {
            const bytes = Buffer.concat([rest, piece]);
            rest = bytes.subarray(Math.max(0, bytes.length - status.length + 1));
            for (let at = bytes.indexOf(status); at !== -1; at = bytes.indexOf(status, at + status.length)) got += 1;
            if (got >= each) {
              socket.destroy();
              resolve();
            } else if (got >= sent) send();
          });
          socket.on("error", reject);
          socket.on("close", () => (got < each ? reject(new Error("the server closed the connection")) : undefined));
          send();
        }),
    ),
  );
}

/** Microseconds of the server's processor for one request. */
export async function costOf(server: Running, one: Omit<Load, "port">, count: number): Promise<number> {
  const before = await server.use();
  await load({ port: server.port, ...one }, count);
  return ((await server.use()).cpu - before.cpu) / count;
}

/** The memory of such a program, in bytes. Source: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html. */
export function residentOf(pid: number | undefined): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return Number(kilobytes) * 1024;
}

/**
 * The processor's time of a program that is not ours to ask, in microseconds. Source:
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html.
 */
export function usedBy(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
