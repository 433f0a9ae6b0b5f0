/** Bundle verification against @sigstore/verify 3.1.1. */
import type { Bench } from "./bench.ts";
import { importBundled } from "./bundled.ts";

export const verify: Bench = {
  name: "verify",
  says:
    "keyless bundles in process, parsed from their JSON each time, the trusted root loaded once, against " +
    "@sigstore/verify 3.1.1",
  async run({ vectors, quick }) {
    if (vectors === undefined) return { skipped: "SALLYPORT_VECTORS is not set" };
    const { measureParsing, measureVerify } = await importBundled<typeof import("./verify-rounds.ts")>("verify-rounds");
    return (["v0.3 keyless, Rekor v1", "v0.3 keyless, Rekor v2"] as const).flatMap((name) => {
      const figures = measureVerify(vectors, name, quick ? 0.2 : 1, quick ? 3 : 9);
      const parsing = measureParsing(vectors, name, quick ? 0.2 : 1, quick ? 3 : 9);
      const rest = figures.whole - figures.signatures;
      return [
        { what: `${name}: Node adapter, times @sigstore/verify`, ratio: figures.node / figures.peer, atLeast: 8 },
        { what: `${name}: reading the bundle, times JSON.parse`, ratio: parsing, atMost: 20 },
        { what: `${name}: Node adapter, times the portable one`, ratio: figures.node / figures.noble },
        {
          what: `${name}: share of ${figures.signatureCount.toFixed(0)} signatures in the time`,
          ratio: figures.signatures / figures.whole,
        },
        { what: `${name}: share of everything else`, ratio: rest / figures.whole },
      ];
    });
  },
};
