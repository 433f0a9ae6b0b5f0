/** A few cases in each run of the tests; all of them in `npm run conformance`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goldenDir, skipped } from "../support/vectors.ts";
import { runGoldenAsked } from "./golden-asked.ts";
import { goldenVerifyFolder, readGoldenCases } from "./golden-verify.ts";

const test = suite("conformance/golden-asked");
const folder = goldenVerifyFolder(goldenDir());
const now = new Date("2026-11-23T00:00:00Z");

if (folder === undefined) skipped("conformance/golden-asked", 1, "SALLYPORT_GOLDEN is not set");
else
  test("registries that are asked give the verdicts of those that are read", async () => {
    // Every kind of layout and outage has cases near each other.
    const cases = readGoldenCases(folder).filter((_, index) => index % 15 === 0);
    const { passed, requests, failed } = await runGoldenAsked(folder, now, {
      only: new Set(cases.map(({ id }) => id)),
    });
    assert.equal(failed, []);
    assert.is(passed, cases.length);
    assert.ok(requests > passed);
  });

test.run();
