/** The built webhook under load: how long answers take, what its memory does, and what a second process brings. */
import { connect, type TLSSocket } from "node:tls";
import { fillSigned } from "./admission-images.ts";
import { AdmissionFolder, requireAdmitted } from "./admission-serve.ts";
import { differentPods, images } from "./admission-warm.ts";
import { type Bench, type BenchRow, median } from "./bench.ts";
import { type CollectedMemory, collectedMemory, inspectedAt, unusedPort } from "./collected-memory.ts";
import { load, residentOf } from "./server-process.ts";

/** Reviews a second, as many as it takes. */
export async function rateOf(
  servers: readonly { readonly port: number }[],
  requests: readonly Buffer[],
  count: number,
): Promise<number> {
  const begun = performance.now();
  await Promise.all(servers.map(({ port }) => load({ port, requests, isTls: true }, count)));
  return (servers.length * count * 1000) / (performance.now() - begun);
}

const opened = (port: number): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => resolve(socket));
    socket.once("error", reject);
  });

/**
 * How long each answer takes, in milliseconds, sorted, where reviews come at a rate whether or not earlier ones are
 * answered. One that has to wait for a connection waits from when it was due. `held`: which part of the rate was
 * answered.
 */
export async function latencies(
  port: number,
  requests: readonly Buffer[],
  rate: number,
  count: number,
): Promise<{ readonly times: readonly number[]; readonly held: number }> {
  const times: number[] = [];
  const due: number[] = [];
  const free = await Promise.all(Array.from({ length: 64 }, () => opened(port)));
  let sent = 0;
  const start = performance.now();
  await new Promise<void>((resolve, reject) => {
    const send = (): void => {
      for (let socket = free.pop(); socket !== undefined; socket = free.pop()) {
        const at = due.shift();
        if (at === undefined) {
          free.push(socket);
          return;
        }
        const used = socket;
        const lost = (): void => void due.unshift(at);
        const take = (piece: Buffer): void => {
          // The end of the answer before, where that came in pieces.
          if (!piece.includes("HTTP/1.1 ")) return;
          used.off("data", take);
          used.off("close", lost);
          times.push(performance.now() - at);
          free.push(used);
          if (times.length === count) resolve();
          else send();
        };
        used.on("data", take);
        used.once("close", lost);
        used.write(requests[sent++ % requests.length] as Buffer);
      }
    };
    const begun = performance.now();
    let made = 0;
    const tick = (): void => {
      const now = performance.now();
      while (made < count && begun + (made * 1000) / rate <= now) due.push(begun + (made++ * 1000) / rate);
      send();
      if (made < count) setImmediate(tick);
    };
    // A server closes a connection on which nothing comes for some time; Kyverno's does after 30 seconds.
    const keep = (socket: TLSSocket): void => {
      socket.once("error", reject);
      socket.once("close", () => {
        const place = free.indexOf(socket);
        if (place !== -1) free.splice(place, 1);
        if (times.length === count) return;
        opened(port).then((other) => {
          keep(other);
          free.push(other);
          send();
        }, reject);
      });
    };
    for (const socket of free) keep(socket);
    tick();
  });
  const took = performance.now() - start;
  for (const socket of free) socket.destroy();
  return { times: times.sort((left, right) => left - right), held: (count * 1000) / rate / took };
}

export const part = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(sorted.length * share)] ?? 0;

/** The rows need the processor's time and the memory of other processes, which Linux shows in files. */
const needsLinux = { skipped: "memory and time of a process are read from /proc" };

export const admissionLoad: Bench = {
  name: "load",
  says: "warm reviews of different Pods: how long answers take at half of the highest rate, and a second process",
  async run({ quick }) {
    if (process.platform !== "linux") return needsLinux;
    const folder = await AdmissionFolder.open();
    try {
      const { policy } = fillSigned(folder.store, images);
      const requests = differentPods(quick ? 64 : 4096);
      const first = await folder.serve(policy);
      await requireAdmitted(first.port, requests[0] as Buffer);
      await load({ port: first.port, requests, isTls: true }, quick ? 100 : 20_000);
      const rate = await rateOf([first], requests, quick ? 200 : 10_000);
      const { times, held } = await latencies(first.port, requests, rate / 2, quick ? 200 : 20_000);
      const second = await folder.serve(policy);
      await load({ port: second.port, requests, isTls: true }, quick ? 100 : 20_000);
      const both = await rateOf([first, second], requests, quick ? 200 : 10_000);
      const [p50, p99] = [part(times, 0.5), part(times, 0.99)];
      return [
        { what: "reviews a second at most, warm, of this machine with its load", ratio: rate },
        {
          what: `p99 at half of that rate, times p50 (${p50.toFixed(2)} ms)`,
          ratio: p99 / p50,
          ...(quick ? {} : { atMost: 5 }),
        },
        // Where reviews pile up, each waits as long as the one before it: p99 is near p50, and says nothing.
        {
          what: "reviews answered at half of that rate, times those that came",
          ratio: held,
          ...(quick ? {} : { atLeast: 0.95 }),
        },
        { what: "two processes, times the reviews a second of one", ratio: both / rate },
      ];
    } finally {
      folder.close();
    }
  },
};

/** A million takes minutes: the row says how many it was of. */
const fewest = 100_000;
const reviewsOf = (quick: boolean): number => (quick ? 1000 : Number(process.env.BENCH_REVIEWS ?? fewest));

export const admissionMemory: Bench = {
  name: "memory",
  says: "memory of the webhook over many reviews; BENCH_REVIEWS=1000000 for a million of them",
  async run({ quick }): Promise<readonly BenchRow[] | typeof needsLinux> {
    if (process.platform !== "linux") return needsLinux;
    const folder = await AdmissionFolder.open();
    try {
      const { policy } = fillSigned(folder.store, images);
      const requests = differentPods(quick ? 64 : 4096);
      const inspector = await unusedPort();
      const { port, pid } = await folder.serve(policy, {}, [inspectedAt(inspector)]);
      const count = reviewsOf(quick);
      const tenths: { readonly seen: number; readonly collected: CollectedMemory }[] = [];
      for (let tenth = 0; tenth < 10; tenth++) {
        const seen: number[] = [];
        for (let step = 0; step < 10; step++) {
          await load({ port, requests, isTls: true }, count / 100);
          seen.push(residentOf(pid));
        }
        tenths.push({ seen: median(seen), collected: await collectedMemory(inspector, pid) });
      }
      const times = (of: (one: (typeof tenths)[number]) => number): number => {
        const [second, last] = [tenths[1], tenths.at(-1)].map((one) => (one === undefined ? Number.NaN : of(one)));
        return (last ?? Number.NaN) / (second ?? Number.NaN);
      };
      const mib = (bytes = Number.NaN): number => bytes / 1024 / 1024;
      // Of fewer, the second tenth is still a program that starts.
      const atMost = (most: number) => (count < fewest ? {} : { atMost: most });
      const last = tenths.at(-1);
      return [
        {
          what: `memory in the last tenth of ${count} reviews, times that in the second, both after a collection`,
          ratio: times(({ collected }) => collected.resident),
          ...atMost(1.1),
        },
        {
          what: "the same of what the program holds, without what Node has itself",
          ratio: times(({ collected }) => collected.held),
          ...atMost(1.1),
        },
        // With the garbage that V8 has not collected yet.
        { what: "the same of what the system counts meanwhile", ratio: times(({ seen }) => seen), ...atMost(1.25) },
        { what: "MiB in the last tenth, after a collection", ratio: mib(last?.collected.resident) },
        { what: "MiB in the last tenth, as the system counts meanwhile", ratio: mib(last?.seen) },
      ];
    } finally {
      folder.close();
    }
  },
};
