import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../core/errors.ts";
import { fuzz } from "../../scripts/fuzz.ts";
import { inputAt, maxInputBytes, Random } from "../../scripts/fuzz/mutate.ts";
import { targets } from "../../scripts/fuzz/targets.ts";

const test = suite("scripts/fuzz");
const found = fileURLToPath(new URL("../fixtures/fuzz", import.meta.url));

/** Whether the target keeps its promise. */
function isRefusedOrRead(name: string, input: Uint8Array): boolean {
  const target = targets[name]?.();
  assert.ok(target, name);
  try {
    target.run(input);
    return true;
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}

for (const name of Object.keys(targets)) {
  test(`${name}: seeds and their mutations`, () => {
    const target = targets[name]?.();
    assert.ok(target !== undefined && target.seeds.length > 0);
    let accepted = 0;
    // A policy takes twenty times what the other targets take.
    for (let index = 0; index < (name === "policy" ? 50 : 150); index++)
      if (isRefusedOrRead(name, inputAt(index, 7, target))) accepted++;
    assert.ok(accepted > 0, "the seeds themselves are read");
  });
}

for (const name of existsSync(found) ? readdirSync(found) : []) {
  test(`${name}: what a run once found`, () => {
    for (const file of readdirSync(join(found, name)))
      isRefusedOrRead(name, new Uint8Array(readFileSync(join(found, name, file))));
  });
}

test("the same seed and index give the same input, below the bound", () => {
  const sources = { seeds: [new Uint8Array(1000).fill(65)], words: [Uint8Array.from([66, 67])] };
  const inputs = (seed: number) => Array.from({ length: 300 }, (_, index) => inputAt(index, seed, sources));
  assert.equal(inputs(3), inputs(3));
  assert.not.equal(inputs(3), inputs(4));
  const lengths = inputs(3).map((input) => input.length);
  assert.ok(Math.max(...lengths) <= maxInputBytes && Math.max(...lengths) > 10_000 && Math.min(...lengths) < 500);
});

test("random numbers are spread", () => {
  const random = new Random(1);
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < 10_000; index++) counts[random.below(10)] = (counts[random.below(10)] ?? 0) + 1;
  assert.ok(Math.min(...counts) > 500, String(counts));
});

test("a run counts what it did and finds nothing", async () => {
  const report = await fuzz({ target: "reference", seconds: 5, seed: 1, threads: 2, most: 200 });
  assert.is(report.inputs, 200);
  assert.ok(report.refused > 20 && report.refused < 200);
  assert.equal(report.findings, []);
});

test("an error of another kind and a hang are found", async () => {
  process.env.SALLYPORT_FUZZ_FAULTS = "1";
  try {
    const thrown = await fuzz({ target: "fault-throws", seconds: 5, seed: 1, threads: 1, most: 30 });
    assert.ok(thrown.findings.length > 0 && thrown.findings.every(({ problem }) => problem.startsWith("TypeError")));
    const hung = await fuzz({ target: "fault-hangs", seconds: 20, seed: 1, threads: 1, most: 30, inputMs: 300 });
    assert.equal(
      hung.findings.map(({ problem }) => problem),
      ["took more than 300 ms"],
    );
  } finally {
    delete process.env.SALLYPORT_FUZZ_FAULTS;
  }
});

test.run();
