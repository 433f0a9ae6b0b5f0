import { suite } from "uvu";
import * as assert from "uvu/assert";
import { killMany, phases } from "../../kills/kill-many.ts";

const test = suite("proxy/mirror/kill");

// `npm run kills` does the same two hundred times.
test("kill -9 in the middle of each phase loses nothing that was reported, and leaves nothing half-done", async () => {
  const { byPhase, faults } = await killMany(2 * phases.length, 7);
  assert.equal(faults, []);
  assert.is(byPhase.size, phases.length);
});

test.run();
