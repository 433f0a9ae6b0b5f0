import { suite } from "uvu";
import * as assert from "uvu/assert";
import { childSeconds, cpuSeconds } from "../../scripts/cpu-time.ts";
import { ReferenceWork } from "../../scripts/cpu-figure.ts";

const test = suite("scripts/cpu-time");

test("work of this process is counted", () => {
  const before = cpuSeconds();
  const reference = new ReferenceWork();
  for (let round = 0; round < 5; round++) reference.measure();
  const worked = cpuSeconds() - before;
  assert.ok(worked >= 5 * reference.seconds(), `${worked} for five rounds of ${reference.seconds()}`);
  assert.ok(reference.seconds() > 0);
});

test("the times of children are read behind a name with spaces and parentheses", () => {
  const fields = Array.from({ length: 50 }, (_, index) => index + 3);
  assert.is(childSeconds(`1 (a (b) c) ${fields.join(" ")}`), (16 + 17) / 100);
});

test.run();
