/** Fixes that an error brings itself. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ownFix, withFix } from "../../../cli/render/own-fix.ts";
import { toProblem } from "../../../cli/render/problem.ts";
import { EngineError } from "../../../core/errors.ts";

const test = suite("cli/render/own-fix");

test("an error's own fix is shown in place of its code's", () => {
  const error = new EngineError("invalid-usage", "it is elsewhere", { subject: "d-1" });
  const ofCode = toProblem(error).fix;
  assert.is(ownFix(error), undefined);
  assert.is(withFix(error, "ask there: `a -b c`"), error);
  assert.is(toProblem(error).fix, "ask there: `a -b c`");
  assert.is(toProblem(new EngineError("invalid-usage", "another")).fix, ofCode);
});

test.run();
