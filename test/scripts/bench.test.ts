import { suite } from "uvu";
import * as assert from "uvu/assert";
import { benches, runBenches } from "../../scripts/bench.ts";
import { type Bench, type BenchRow, keepsBound, median, timeOf } from "../../scripts/bench/bench.ts";

const test = suite("scripts/bench");
const setting = { vectors: undefined, kyverno: undefined, quick: true };
const fake = (...rows: readonly BenchRow[]): Bench => ({ name: "fake", says: "nothing", run: () => rows });
const run = (bench: Bench) => {
  const lines: string[] = [];
  return runBenches([bench], setting, (line) => lines.push(line)).then((count) => ({ count, text: lines.join("") }));
};

test("a bound is kept or missed; no number at all is missed", () => {
  assert.ok(keepsBound({ what: "", ratio: 6, atLeast: 6 }));
  assert.not(keepsBound({ what: "", ratio: 5.99, atLeast: 6 }));
  assert.not(keepsBound({ what: "", ratio: 3.01, atMost: 3 }));
  assert.not(keepsBound({ what: "", ratio: Number.NaN }));
});

test("rows are counted by their bounds, and a miss is said", async () => {
  const { count, text } = await run(
    fake({ what: "good", ratio: 2, atMost: 3 }, { what: "bad", ratio: 4, atMost: 3 }, { what: "shown", ratio: 1 }),
  );
  assert.equal(count, { kept: 1, missed: 1, skipped: 0 });
  assert.match(text, /bad {2}\(at most 3: MISSED\)/);
  assert.equal((await run({ ...fake(), run: () => ({ skipped: "why" }) })).count, { kept: 0, missed: 0, skipped: 1 });
});

test("times are medians", () => {
  assert.is(median([5, 1, 9]), 5);
  let runs = 0;
  assert.ok(timeOf(() => void runs++, 3, 10) >= 0);
  assert.is(runs, 40, "one round to warm up, and three");
});

test("what needs nothing from outside runs, and shows what it compares", async () => {
  for (const bench of benches.filter(({ name }) => name !== "start")) {
    const { count, text } = await run(bench);
    if (bench.name === "verify" || bench.name === "sigstore-go") assert.is(count.skipped, 1);
    else assert.match(text, /1000 policies, times the time with 10/);
  }
});

test.run();
