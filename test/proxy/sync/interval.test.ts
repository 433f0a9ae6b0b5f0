import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pauseBetween, withJitter } from "../../../proxy/sync/interval.ts";

const test = suite("proxy/sync/interval");

test("a tenth earlier at the most, and a tenth later", () => {
  const at = (random: number): number => Math.round(withJitter(1000, () => random));
  assert.equal([at(0), at(0.5), at(1)], [900, 1000, 1100]);
});

test("who is told to stop does not wait", async () => {
  const told = new AbortController();
  const pause = pauseBetween(3_600_000, told.signal);
  told.abort();
  await pause;
  await pauseBetween(3_600_000, told.signal);
});

test.run();
