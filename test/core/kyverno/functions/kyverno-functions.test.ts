import { suite } from "uvu";
import * as assert from "uvu/assert";
import { standardFunctions } from "../../../../core/jmespath/functions/standard.ts";
import { kyvernoFunctions } from "../../../../core/kyverno/functions/kyverno-functions.ts";
import { runGoldenJmespath } from "../../../conformance/golden-jmespath.ts";
import { goldenDir, skipped } from "../../../support/vectors.ts";

const name = "core/kyverno/functions/kyverno-functions";
const test = suite(name);

test("51 functions of Kyverno's own beside the standard ones, of which sum is replaced", () => {
  const table = kyvernoFunctions({ now: new Date(0), seed: "", references: {} });
  const own = [...table.keys()].filter((key) => !standardFunctions.has(key) || key === "sum");
  assert.is(own.length, 51);
  for (const key of standardFunctions.keys()) assert.ok(table.has(key));
  assert.is.not(table.get("sum"), standardFunctions.get("sum"));
});

const golden = goldenDir();
if (golden === undefined) skipped(name, 1540, "SALLYPORT_GOLDEN is not set");
else {
  test("golden: kyverno jp query", () => {
    const { passed, list } = runGoldenJmespath(`${golden}/kyverno/jmespath.jsonl`);
    assert.equal(list, []);
    assert.ok(passed > 1500);
  });
}

test.run();
