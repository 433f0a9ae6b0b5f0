/** The built webhook under load: how long answers take, what its memory does, and what a second process brings. */
import { availableParallelism } from "node:os";
import { fillSigned } from "./admission-images.ts";
import { AdmissionFolder, requireAdmitted } from "./admission-serve.ts";
import { differentPods, images } from "./admission-warm.ts";
import { type Bench, type BenchRow, median } from "./bench.ts";
import { type CollectedMemory, collectedMemory, inspectedAt, unusedPort } from "./collected-memory.ts";
import { LoadClient, type Most, type Paced, part } from "./load-client.ts";
import { load, type Running, residentOf } from "./server-process.ts";

/** The rows need the processor's time and the memory of other processes, which Linux shows in files. */
const needsLinux = { skipped: "memory and time of a process are read from /proc" };

/** Of one processor, what a server uses while something is done. */
async function usedIn(server: Running, act: () => Promise<unknown>): Promise<number> {
  const [{ cpu }, begun] = [await server.use(), performance.now()];
  await act();
  return ((await server.use()).cpu - cpu) / 1000 / (performance.now() - begun);
}

/** Rounds of a second at one rate, of each server in turn: what else the machine does slows the answers of both. */
async function pacedRounds(
  client: LoadClient,
  servers: readonly Running[],
  { rate, rounds }: { readonly rate: number; readonly rounds: number },
): Promise<readonly (readonly Paced[])[]> {
  const seen = servers.map((): Paced[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, { port }] of servers.entries())
      seen[index]?.push(await client.paced(port, rate, Math.ceil(rate)));
  return seen;
}

/** The median of the rounds. */
const ofRounds = (rounds: readonly Paced[], of: (one: Paced) => number): number => median(rounds.map(of));
const spread = ({ times }: Paced): number => part(times, 0.99) / part(times, 0.5);

export const admissionLoad: Bench = {
  name: "load",
  says: "warm reviews of different Pods: how long answers take at half of the highest rate, and a second process",
  async run({ quick }) {
    if (process.platform !== "linux") return needsLinux;
    const folder = await AdmissionFolder.open();
    const requests = differentPods(quick ? 64 : 4096);
    const client = await LoadClient.open(requests);
    try {
      const { policy } = fillSigned(folder.store, images);
      const [serve, echo] = [await folder.serve(policy), await folder.echo()];
      await requireAdmitted(serve.port, requests[0] as Buffer);
      const [warmUp, count, rounds] = quick ? [100, 200, 1] : [20_000, 10_000, 15];
      for (const { port } of [serve, echo]) await client.most([port], warmUp);
      const tries: Most[] = [];
      const used = await usedIn(serve, async () => {
        for (let round = 0; round < 5; round++) tries.push(await client.most([serve.port], count / 5));
      });
      const most = { rate: median(tries.map((one) => one.rate)), client: median(tries.map((one) => one.client)) };
      const rate = most.rate / 2;
      const [ours = [], bare = []] = await pacedRounds(client, [serve, echo], { rate, rounds });
      const second = await folder.serve(policy);
      await client.most([second.port], warmUp);
      const both = await client.most([serve.port, second.port], 2 * count);
      const bound = quick ? {} : { atMost: 5 };
      const of = `the median of ${rounds} rounds of a second`;
      const name = { serve: "serve", echo: "a bare echo of the same bytes, in turns with it" };
      const ms = (who: keyof typeof name, seen: readonly Paced[], share: number): BenchRow => ({
        what: `p${share * 100} of ${name[who]}, in ms at ${rate.toFixed(0)} reviews a second`,
        ratio: ofRounds(seen, ({ times }) => part(times, share)),
      });
      return [
        { what: "reviews a second at most, warm, of this machine with its load", ratio: most.rate },
        { what: "what serve used meanwhile of one processor: near 1, the rate is its own", ratio: used },
        {
          what: "what the client used meanwhile of one processor: near 1, the rate is the client's",
          ratio: most.client,
        },
        { what: `p99 at half of that rate, times p50: ${of}`, ratio: ofRounds(ours, spread), ...bound },
        { what: `the same of ${name.echo}`, ratio: ofRounds(bare, spread) },
        ...[0.5, 0.99].flatMap((share) => [ms("serve", ours, share), ms("echo", bare, share)]),
        {
          what: "how late the client itself was with a review: p99 in ms, which is part of both",
          ratio: ofRounds([...ours, ...bare], ({ late }) => part(late, 0.99)),
        },
        // Where reviews pile up, each waits as long as the one before it: p99 is near p50, and says nothing.
        {
          what: "reviews answered at half of that rate, times those that came",
          ratio: ofRounds(ours, ({ held }) => held),
          ...(quick ? {} : { atLeast: 0.95 }),
        },
        {
          what: `two processes, times the rate of one, on ${availableParallelism()} processors with a client`,
          ratio: both.rate / most.rate,
        },
        { what: "what their client used meanwhile of one processor", ratio: both.client },
      ];
    } finally {
      client.end();
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
