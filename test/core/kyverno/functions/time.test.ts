import { suite } from "uvu";
import * as assert from "uvu/assert";
import { clockFunctions, timeFunctions } from "../../../../core/kyverno/functions/time.ts";
import { fails, holds } from "./query.ts";

const test = suite("core/kyverno/functions/time");

test("time functions", () => {
  assert.is(timeFunctions.length + clockFunctions(new Date(0)).length, 12);
  holds([
    ["time_add('2031-03-04T05:06:07+13:00', '2h45m30.5s')", "2031-03-04T07:51:37+13:00"],
    ["time_add('9999-12-31T23:59:59Z', '1s')", "10000-01-01T00:00:00Z"],
    ["time_truncate('2031-03-04T05:06:07+13:00', '13h')", "2031-03-03T18:00:00+13:00"],
    ["time_truncate('2031-03-04T05:06:07Z', '-1h')", "2031-03-04T05:06:07Z"],
    ["time_diff('0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z')", "2562047h47m16.854775807s"],
    ["time_diff('2000-02-29T23:59:59-08:00', '1969-12-31T23:59:59Z')", "-264416h0m0s"],
    ["time_before('2031-03-04T05:06:07+13:00', '2031-03-04T05:06:07Z')", true],
    ["time_after('2031-03-04T05:06:07Z', '2031-03-04T06:06:07+01:00')", false],
    ["time_between('2031-03-04T05:06:07Z', '2031-03-04T05:06:07Z', '2031-03-04T05:06:08Z')", false],
    ["time_parse('2006-01-02', '2031-07-09')", "2031-07-09T00:00:00Z"],
    ["time_parse('0', '-1')", "1969-12-31T23:59:59Z"],
    ["time_to_cron('2031-03-04T05:06:07+13:00')", "6 5 4 3 2"],
    ["time_utc('2031-03-04T05:06:07+13:00')", "2031-03-03T16:06:07Z"],
  ]);
  fails([
    "time_add('2031-03-04T05:06:07Z', 'h')",
    "time_parse('0', 'x')",
    "time_diff('x', 'y')",
    "time_utc('')",
    "time_truncate('2031-03-04T05:06:07Z', '')",
  ]);
});

test("one now for the whole decision", () =>
  holds([
    ["time_now()", "2031-03-04T05:06:07Z"],
    ["time_now_utc('ignored')", "2031-03-04T05:06:07Z"],
    ["time_since('', '2031-03-04T04:06:07Z', '')", "1h0m0.987s"],
    ["time_since('2006-01-02', '2031-01-01', '2030-01-01')", "-8760h0m0s"],
  ]));

test.run();
