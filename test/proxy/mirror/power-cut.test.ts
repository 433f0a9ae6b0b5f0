import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutPower, hasStrace } from "../../kills/power-cut.ts";
import { skipped } from "../../support/vectors.ts";

const test = suite("proxy/mirror/power-cut");

// `npm run kills` cuts in every phase and at more places.
if (hasStrace())
  test("a power cut at any call of a writer leaves what was reported, and nothing half-done", () => {
    for (const phase of ["create", "gc"] as const) {
      const { calls, cuts, faults } = cutPower(phase, 2, 6);
      assert.equal(faults, []);
      assert.ok(calls > 50 && cuts >= 12, `${phase}: ${cuts} cuts in ${calls} calls`);
    }
  });
else skipped("proxy/mirror/power-cut", 1, "strace is not installed");

test.run();
