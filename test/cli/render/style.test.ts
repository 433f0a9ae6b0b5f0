import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createStyle, type Mark } from "../../../cli/render/style.ts";

const test = suite("cli/render/style");
const marks: readonly Mark[] = ["pass", "fail", "unknown", "warning", "skip", "none"];

test("every mark has its own sign, with and without Unicode", () => {
  for (const unicode of [true, false])
    assert.is(
      new Set(marks.map((mark) => createStyle({ colour: false, unicode, width: 200 }).mark(mark))).size,
      marks.length,
    );
});

test("colour is off unless it is asked for", () => {
  assert.is(createStyle({ colour: false, unicode: true, width: 200 }).bold("x"), "x");
  assert.not(createStyle({ colour: true, unicode: true, width: 200 }).bold("x") === "x");
});

test.run();
