/** Warm reviews through all of `serve`, beside a bare echo of the same bytes; each in a process of its own. */
import { fillSigned, signedImage } from "./admission-images.ts";
import { reviewRequest } from "./admission-reviews.ts";
import { AdmissionFolder, requireAdmitted } from "./admission-serve.ts";
import { type Bench, median } from "./bench.ts";
import { LoadClient } from "./load-client.ts";
import type { Running } from "./server-process.ts";

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
      const [warmUp, count, rounds] = quick ? [100, 200, 1] : [20_000, 1500, 20];
      const seen: { readonly echo: number; readonly serve: number }[] = [];
      // Where a process has its memory changes the figure by a few percent: three of each say more than one.
      for (let start = 0; start < (quick ? 1 : 3); start++) {
        const echo = await folder.echo();
        const serve = await folder.serve(policy);
        await requireAdmitted(serve.port, requests[0] as Buffer);
        for (const { port } of [echo, serve]) await client.most([port], warmUp);
        const cost = async ({ port, use }: Running): Promise<number> => {
          const { cpu } = await use();
          await client.most([port], count);
          return ((await use()).cpu - cpu) / count;
        };
        // Short rounds in turn, compared one by one: what else the machine does costs both.
        for (let round = 0; round < rounds; round++) seen.push({ echo: await cost(echo), serve: await cost(serve) });
        echo.end();
        serve.end();
      }
      const bytes = requests[0]?.length ?? 0;
      return [
        {
          what: `warm reviews of ${bytes} bytes a second of one processor, times a bare echo's; goal 0.6`,
          ratio: median(seen.map(({ echo, serve }) => echo / serve)),
          ...(quick ? {} : { atLeast: 0.5 }),
        },
        { what: "microseconds of the processor for a warm review", ratio: median(seen.map(({ serve }) => serve)) },
        { what: "microseconds of the processor for the echo", ratio: median(seen.map(({ echo }) => echo)) },
      ];
    } finally {
      client.end();
      folder.close();
    }
  },
};
