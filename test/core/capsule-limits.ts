/** Capsules under bounds that are set low. */
import type { Limits } from "../../core/limits.ts";
import { Lab, sign } from "../lab/index.ts";
import { makeCapsule, opened } from "../support/capsules.ts";

/** `openCapsule` of a capsule with one image. */
const openingCapsule = (limits: Limits): unknown =>
  opened(makeCapsule([sign(new Lab(), { layout: "tag" })]).bytes, { limits });

export const carriedRows = <Run>(thrown: (act: (limits: Limits) => unknown) => Run) => ({
  capsuleBytes: { low: 10, run: thrown(openingCapsule) },
  recordedFiles: { low: 0, run: thrown(openingCapsule) },
});
