/** A capsule of a thousand images is opened by its beginning. Source: docs/spec/capsule.md#reading. */
import { Lab, sign } from "../lab/index.ts";
import { answersFor, furtherAnswers, makeCapsule, opened } from "../support/capsules.ts";
import { type Bench, timeOf } from "../../scripts/bench/bench.ts";

export const edgeOpen: Bench = {
  name: "open",
  says: "opening a capsule of 1,000 images beside one of a single image",
  run({ quick }) {
    const signed = [sign(new Lab(), { layout: "tag" })];
    const one = makeCapsule(signed).bytes;
    const many = makeCapsule(signed, { answers: [...answersFor(signed), ...furtherAnswers(1000)] }).bytes;
    const [rounds, runs] = quick ? [3, 2] : [9, 10];
    const time = (bytes: Uint8Array): number => timeOf(() => void opened(bytes), rounds, runs);
    const single = time(one);
    return [{ what: "opening 1,000 images, times one", ratio: time(many) / single, atMost: 5 }];
  },
};
