/** One image's evidence in a big mirror, beside the same in a small one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findSignedEntities } from "../../core/cosign/find-signed-entities.ts";
import { defaultLimits } from "../../core/limits.ts";
import { readManifest, readTag } from "../../core/oci/lookup.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { type Bench, median } from "./bench.ts";
import { filledImage, fillMirror, realImage, realImages } from "./mirror-fill.ts";

/** Microseconds from a tag to the signed content behind it. */
function lookUp(mirror: Mirror, index: number): number {
  const { repository, tag } = filledImage(index);
  const begun = performance.now();
  const knowledge = mirror.knowledge();
  const named = readTag(knowledge, repository, tag);
  if (named.state !== "present") throw new Error(`${repository}:${tag} is not in the mirror`);
  readManifest(knowledge, repository, named.value.digest, defaultLimits);
  const image = { repository, digest: named.value.digest };
  const { entities } = findSignedEntities(image, { layouts: "all", purpose: "signature" }, knowledge, defaultLimits);
  if (entities.length !== 1) throw new Error(`${repository}:${tag} has ${entities.length} signatures`);
  entities[0]?.content();
  return (performance.now() - begun) * 1000;
}

export const mirrorLookup: Bench = {
  name: "lookup",
  says: "the evidence of one image, from its tag to the signed content, in mirrors of two sizes, interleaved",
  run({ quick }) {
    const sizes = [realImages, quick ? 2 * realImages : 1_000_000] as const;
    const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
    try {
      const opened = sizes.map((size) => {
        const store = join(folder, String(size));
        fillMirror(store, size);
        return { size, mirror: openMirror(store, { mode: "read", limits: defaultLimits }), times: [] as number[] };
      });
      // The same images in every run; a prime steps over all of the mirror.
      for (let round = 0; round < (quick ? 20 : 4000); round++)
        for (const { size, mirror, times } of opened) times.push(lookUp(mirror, realImage(round * 7919, size)));
      for (const { mirror } of opened) mirror.close();
      const [small, big] = opened.map(({ times }) => median(times.slice(times.length / 4)));
      return [
        {
          what: `of ${sizes[1]} images, times that of ${sizes[0]} (median)`,
          ratio: (big ?? Number.NaN) / (small ?? Number.NaN),
          ...(quick ? {} : { atMost: 1.5 }),
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
