import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withTime } from "../../../cli/input/at-flag.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/at-flag");

test("the time that is asked for counts, and is said; without one, that of the machine", () => {
  const { io, seen } = testIO({ now: "2026-11-30T06:00:00Z" });
  assert.is(withTime({}, io), io);
  assert.is(seen.err, "");
  assert.is(withTime({ at: "2027-06-01T02:00:00+02:00" }, io).now().toISOString(), "2027-06-01T00:00:00.000Z");
  assert.match(seen.err, "shown as of 2027-06-01 00:00 UTC, not now");
  throwsCode("invalid-usage", () => withTime({ at: "2027-02-30T00:00:00Z" }, io));
});

test.run();
