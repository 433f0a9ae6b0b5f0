import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { missedTargets } from "../../../cli/render/missed-targets.ts";

const test = suite("cli/render/missed-targets");
const missed = (path: string) => ({ path, error: new EngineError("no-trust", `nobody has ${path}`) });

test("the first three with their reasons, and how many more", () => {
  assert.is(
    missedTargets("corp", [missed("a.pub")]),
    "corp: a target that its repository lists is not mirrored, and clients that want all will not find " +
      "them:\na.pub: [no-trust] nobody has a.pub",
  );
  const four = missedTargets("corp", ["a", "b", "c", "d"].map(missed));
  assert.match(four, "corp: 4 targets are not mirrored");
  assert.match(four, "c: [no-trust] nobody has c\nand 1 more");
  assert.not.match(four, "d:");
});

test.run();
