import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runChecks } from "../../scripts/check.ts";

const test = suite("scripts/check");
const table = { good: () => ({ saw: "2 files", faults: [] }), bad: () => ({ saw: "1 file", faults: ["planted"] }) };

async function run(names: readonly string[]): Promise<{ readonly exit: number; readonly text: string }> {
  let text = "";
  const exit = await runChecks("/nowhere", names, (part) => (text += part), table);
  return { exit, text };
}

test("a fault fails the run and is named; the last line counts", async () => {
  const { exit, text } = await run([]);
  assert.is(exit, 1);
  assert.match(text, "FAIL check bad: 1 file, 1 faults\n    planted\n");
  assert.match(text, /\n1 passed, 1 failed\n$/);
});

test("named checks run alone", async () =>
  assert.equal(await run(["good"]), { exit: 0, text: "ok   check good: 2 files\n\n1 passed, 0 failed\n" }));
test("what a check could not look at is counted", async () => {
  let text = "";
  const some = { some: () => ({ saw: "1 file", faults: [], skipped: 2 }) };
  assert.is(await runChecks("/nowhere", [], (part) => (text += part), some), 0);
  assert.match(text, /\n1 passed, 0 failed, 2 skipped\n$/);
});
test("an unknown name is a failure", async () => assert.is((await run(["nothing"])).exit, 1));

test.run();
