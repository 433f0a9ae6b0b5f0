import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromFuture } from "../../../core/archive/from-future.ts";

const test = suite("core/archive/from-future");

const now = new Date("2026-11-30T06:00:00Z");

test("a day is tolerated, and not a millisecond more", () => {
  for (const created of ["1970-01-01T00:00:00Z", "2026-11-30T06:00:00Z", "2026-12-01T06:00:00.000Z"])
    assert.is(fromFuture(created, now), undefined);
  for (const created of ["2026-12-01T06:00:00.001Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    assert.match(fromFuture(created, now) ?? "", `${created}, and by this machine's clock it is 2026-11-30`);
});

test.run();
