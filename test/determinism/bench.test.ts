import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runBenches } from "../../scripts/bench.ts";
import { edgeBenches } from "./bench.ts";

const test = suite("determinism/bench");

test("every row whose host is here runs, short", async () => {
  const lines: string[] = [];
  const setting = { vectors: undefined, kyverno: undefined, quick: true };
  const { kept, missed, skipped } = await runBenches(edgeBenches, setting, (line) => lines.push(line));
  assert.is(kept + missed + skipped, 3, lines.join(""));
  assert.match(lines.join(""), /opening 1,000 images, times one/);
});
test.run();
