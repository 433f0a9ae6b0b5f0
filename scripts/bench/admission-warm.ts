/** Warm reviews through all of `serve`, beside a bare echo of the same bytes; each in a process of its own. */
import { fillSigned, signedImage } from "./admission-images.ts";
import { reviewRequest } from "./admission-reviews.ts";
import { AdmissionFolder, requireAdmitted } from "./admission-serve.ts";
import { type Bench, median } from "./bench.ts";
import { LoadClient } from "./load-client.ts";

/** Images of a cluster, and Pods that are created: their names, ids and images come in any order. */
export const images = 64;
const pods = 4096;

/** Reviews of different Pods of two containers, whose images are out of a set. */
export const differentPods = (count: number): readonly Buffer[] =>
  Array.from({ length: count }, (_, index) =>
    reviewRequest({ index, images: [signedImage((index * 7) % images), signedImage((index * 13 + 5) % images)] }),
  );

export const admissionWarm: Bench = {
  name: "warm",
  says: "reviews of different Pods whose images were verified before, beside a bare HTTPS echo of the same bytes",
  async run({ quick }) {
    if (process.platform !== "linux") return { skipped: "the processor's time of a process is read from /proc" };
    const folder = await AdmissionFolder.open();
    const requests = differentPods(quick ? 64 : pods);
    const client = await LoadClient.open(requests);
    try {
      const { policy } = fillSigned(folder.store, images);
      const servers = [await folder.echo(), await folder.serve(policy)];
      await requireAdmitted(servers[1]?.port ?? 0, requests[0] as Buffer);
      const [warmUp, count, rounds] = quick ? [100, 200, 1] : [20_000, 4000, 25];
      for (const { port } of servers) await client.most([port], warmUp);
      const costs = servers.map((): number[] => []);
      // Short rounds in turn: what else the machine does costs both.
      for (let round = 0; round < rounds; round++)
        for (const [index, { port, use }] of servers.entries()) {
          const { cpu } = await use();
          await client.most([port], count);
          costs[index]?.push(((await use()).cpu - cpu) / count);
        }
      const [echo = 0, serve = Number.NaN] = costs.map(median);
      const bytes = requests[0]?.length ?? 0;
      return [
        {
          what: `warm reviews of ${bytes} bytes a second of one processor, times a bare echo's; goal 0.6`,
          ratio: echo / serve,
          ...(quick ? {} : { atLeast: 0.5 }),
        },
        { what: "microseconds of the processor for a warm review", ratio: serve },
        { what: "microseconds of the processor for the echo", ratio: echo },
      ];
    } finally {
      client.end();
      folder.close();
    }
  },
};
