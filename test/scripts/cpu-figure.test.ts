import { suite } from "uvu";
import * as assert from "uvu/assert";
import { timesFigure } from "../../scripts/cpu-figure.ts";

const test = suite("scripts/cpu-figure");

test("a run is compared with the committed one by what the machine makes of the same work", () => {
  const committed = { seconds: 100, reference: 0.02 };
  assert.is(timesFigure(committed, committed), 1);
  assert.is(timesFigure({ seconds: 300, reference: 0.06 }, committed), 1, "a slower machine");
  assert.is(timesFigure({ seconds: 300, reference: 0.02 }, committed), 3, "more work");
});

test.run();
