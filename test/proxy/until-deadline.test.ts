import { suite } from "uvu";
import * as assert from "uvu/assert";
import { untilDeadline } from "../../proxy/until-deadline.ts";

const test = suite("proxy/until-deadline");
const never = new Promise<never>(() => undefined);
/** On the clock of `performance`, which begins with the process: its beginning is over, and this is days away. */
const [over, later] = [0, 1_000_000_000];

test("what comes in time is given, undefined and failures too", async () => {
  assert.is(await untilDeadline(Promise.resolve("here"), later), "here");
  assert.is(await untilDeadline(Promise.resolve(undefined), later), undefined);
  const error = await untilDeadline(Promise.reject(new Error("no")), later).catch((found: unknown) => found);
  assert.is((error as Error).message, "no");
});

test("a deadline that is over ends the waiting, and what is there already still counts", async () => {
  assert.is(await untilDeadline(never, over), "late");
  assert.is(await untilDeadline(Promise.resolve(1), over), 1);
});

test.run();
