import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseLayout } from "../../../../core/kyverno/functions/go-layout.ts";

const test = suite("core/kyverno/functions/go-layout");
const fields = (layout: string) =>
  parseLayout(layout).flatMap((piece) => (piece.field === undefined ? [] : [piece.field]));

test("fields are the longest that fit", () => {
  assert.equal(fields("Mon, 02 Jan 2006 15:04:05.000 -0700 MST"), [
    "Mon",
    "02",
    "Jan",
    "2006",
    "15",
    "04",
    "05",
    ".000",
    "-0700",
    "MST",
  ]);
  assert.equal(fields("Monday January _2 __2 002 06 1 3PM 4 5pm"), [
    "Monday",
    "January",
    "_2",
    "__2",
    "002",
    "06",
    "1",
    "3",
    "PM",
    "4",
    "5",
    "pm",
  ]);
  assert.equal(fields("Z070000 Z07:00:00 Z0700 Z07:00 Z07 -070000 -07:00:00 -07:00 -07"), [
    "Z070000",
    "Z07:00:00",
    "Z0700",
    "Z07:00",
    "Z07",
    "-070000",
    "-07:00:00",
    "-07:00",
    "-07",
  ]);
});

test("what only looks like a field is text", () => {
  assert.equal(parseLayout("Janx Monkey_2006.0001"), [
    { before: "Janx Monkey_", field: "2006" },
    { before: ".00", field: "01" },
    { before: "", field: undefined },
  ]);
  assert.equal(parseLayout(""), [{ before: "", field: undefined }]);
});

test.run();
