/** Decisions that nobody made before: from the mirror, without the server. */
import { fileURLToPath } from "node:url";
import type { Bench } from "./bench.ts";
import { importBundled } from "./bundled.ts";

const fixtures = fileURLToPath(new URL("../../test/fixtures/documentation", import.meta.url));

export const admissionCold: Bench = {
  name: "cold",
  says: "decisions from the mirror of which nothing is remembered, in process",
  async run({ quick }) {
    const { keylessTimes, manyTimes } =
      await importBundled<typeof import("./admission-cold-rounds.ts")>("admission-cold-rounds");
    const { cold, signatures, warm, checks } = keylessTimes(fixtures, quick);
    return [
      {
        what: `a cold keyless decision, times its ${checks} signatures alone and one warm decision`,
        ratio: cold / (signatures + warm),
        ...(quick ? {} : { atMost: 1.5 }),
      },
      { what: `microseconds of its ${checks} signatures alone`, ratio: signatures },
      { what: "microseconds of a warm decision of it, in process", ratio: warm },
      { what: "microseconds of a cold keyless decision", ratio: cold },
      {
        what: "10 containers by 5 attestors, cold, times one by one",
        ratio: manyTimes(quick),
        ...(quick ? {} : { atMost: 30 }),
      },
    ];
  },
};
