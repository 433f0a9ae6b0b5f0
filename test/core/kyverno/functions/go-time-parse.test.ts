import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatRfc3339 } from "../../../../core/kyverno/functions/go-time.ts";
import { parseTime, rfc3339 } from "../../../../core/kyverno/functions/go-time-parse.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/functions/go-time-parse");

test("layouts", () => {
  for (const [layout, value, expected] of [
    [rfc3339, "2031-03-04T05:06:07,5Z", "2031-03-04T05:06:07Z"],
    [rfc3339, "2031-03-04T5:06:07.123+13:00", "2031-03-04T05:06:07+13:00"],
    ["", "", "0000-01-01T00:00:00Z"],
    ["Jan _2", "Feb  9", "0000-02-09T00:00:00Z"],
    ["3:04PM", "7:08AM", "0000-01-01T07:08:00Z"],
    ["3:04pm", "12:08am", "0000-01-01T00:08:00Z"],
    ["Mon, 02 Jan 2006 15:04:05 -0700", "Wed, 09 Jul 2031 10:11:12 +1200", "2031-07-09T10:11:12+12:00"],
    ["Monday January 2 2006 MST", "friday MAY 5 2034 PST", "2034-05-05T00:00:00Z"],
    ["2006 MST", "2034 GMT+3", "2034-01-01T03:00:00+03:00"],
    ["2006 MST", "2034 UTC", "2034-01-01T00:00:00Z"],
    ["2006-002", "2024-060", "2024-02-29T00:00:00Z"],
    ["06 __2", "70  60", "1970-03-01T00:00:00Z"],
    ["2006-01-02 15:04:05.000", "2031-07-09 10:11:12.345", "2031-07-09T10:11:12Z"],
    ["15:04:05.999", "10:11:12", "0000-01-01T10:11:12Z"],
    ["2006 Z07:00 -0700", "2034 Z +0300", "2034-01-01T00:00:00Z"],
    ["a  2006", "a 2034", "2034-01-01T00:00:00Z"],
  ] as const) {
    assert.is(formatRfc3339(parseTime(layout, value)), expected, `${layout} ${value}`);
  }
});

test("what does not parse", () => {
  for (const [layout, value] of [
    [rfc3339, ""],
    [rfc3339, "2031-03-04t05:06:07z"],
    [rfc3339, "2031-03-04T24:00:00Z"],
    [rfc3339, "2031-03-04T05:06:60Z"],
    [rfc3339, "2031-02-29T00:00:00Z"],
    [rfc3339, "2031-13-01T00:00:00Z"],
    [rfc3339, "2031-03-04T05:06:07Zx"],
    [rfc3339, "2031-03-04T05:06:07+25:00"],
    ["Jan", "Foo"],
    ["Mon", "Fr\u0130"],
    ["Jan", "\u017fep"],
    ["01", "1"],
    ["MST", "abc"],
    ["MST", "ABCDEF"],
    ["002", "367"],
    ["2006-01 002", "2024-03 060"],
    ["15:04:05.000", "10:11:12.34"],
    ["a b", "ab"],
    ["x".repeat(5000), "x"],
  ] as const) {
    throwsCode("unresolved", () => parseTime(layout, value));
  }
});

test.run();
