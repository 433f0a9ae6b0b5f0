/**
 * What a program of Node holds once V8 has collected what nobody uses. What the system counts as its memory has garbage
 * in it, as much as V8 likes: it goes up and down by a fifth while nothing grows. The program runs as it is, with
 * Node's inspector on loopback. Source: https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/.
 */
import { createServer, type AddressInfo } from "node:net";
import { WebSocket } from "undici";
import { residentOf } from "./server-process.ts";

/** Bytes. */
export interface CollectedMemory {
  /** Objects, and what they hold outside of V8. */
  readonly held: number;
  /** What the system counts. */
  readonly resident: number;
}

/** A port of this machine that nobody uses now. */
export async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** What Node is given so that it can be asked. */
export const inspectedAt = (port: number): string => `--inspect=127.0.0.1:${port}`;

interface Reply {
  readonly id: number;
  readonly result?: { readonly result?: { readonly value?: number } };
}

const held = "(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())";

/** Collects, and looks. */
export async function collectedMemory(port: number, pid: number): Promise<CollectedMemory> {
  const list = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as readonly {
    readonly webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(list[0]?.webSocketDebuggerUrl ?? "");
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = ({ error }) => reject(error);
  });
  let asked = 0;
  const ask = (method: string, params: object = {}): Promise<Reply> =>
    new Promise((resolve) => {
      const id = ++asked;
      socket.addEventListener("message", function take({ data }) {
        const reply = JSON.parse(String(data)) as Reply;
        if (reply.id !== id) return;
        socket.removeEventListener("message", take);
        resolve(reply);
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  try {
    // The second takes what the first has found and finalized.
    for (let time = 0; time < 2; time++) await ask("HeapProfiler.collectGarbage");
    const { result } = await ask("Runtime.evaluate", { expression: held, returnByValue: true });
    return { held: result?.result?.value ?? Number.NaN, resident: residentOf(pid) };
  } finally {
    socket.close();
  }
}
