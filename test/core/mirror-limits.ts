/** What the bounds of a mirror leave out: nothing said where they hold everything. */
import { type Limits, limitsWith } from "../../core/limits.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { fastVerifier } from "../lab/index.ts";
import { at, origin, tamper, temporaryFolder, writtenMirror } from "../support/temporary-mirror.ts";

/** `inspect`, of a mirror with two damaged rows. */
export const listingDamage = (given: Partial<Limits>): readonly string[] => {
  const folder = writtenMirror((mirror) => {
    for (const reference of ["a", "b"])
      mirror.writer().setAnswer({ kind: "key", reference }, { state: "absent", ...origin });
  });
  tamper(folder, "UPDATE answer SET source = 'elsewhere'");
  const mirror = openMirror(folder, { mode: "read", limits: limitsWith(given) });
  try {
    const { damage, damaged } = mirror.inspect(fastVerifier);
    return damage.length === damaged ? [] : [`listed ${damage.length} of ${damaged}`];
  } finally {
    mirror.close();
  }
};

/** `collect`, of a mirror with two images that nothing keeps. */
export const listingRemovals = (given: Partial<Limits>): readonly string[] => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: limitsWith(given) });
  try {
    const value = { mediaType: "a/b", digest: `sha256:${"a".repeat(64)}`, size: 1 } as const;
    for (const tag of ["1", "2"])
      mirror
        .writer()
        .setAnswer({ kind: "tag", repository: "a.example/app", tag }, { state: "present", value, ...origin });
    const { images, imagesRemoved } = mirror.writer().collect({ keepLast: 0 });
    return images.length === imagesRemoved ? [] : [`listed ${images.length} of ${imagesRemoved}`];
  } finally {
    mirror.close();
  }
};

/** `openMirror`, to record two runs and read them back. */
export const recordingRuns = (given: Partial<Limits>): readonly string[] => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: limitsWith(given) });
  try {
    for (const kind of ["first", "second"])
      mirror.log.addRun({ kind, started: at, ended: at, from: "test", summary: {} });
    const kept = mirror.log.runs(9).map(({ kind }) => kind);
    return kept.length === 2 ? [] : [`kept: ${kept.join(", ")}`];
  } finally {
    mirror.close();
  }
};
