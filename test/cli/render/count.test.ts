import { suite } from "uvu";
import * as assert from "uvu/assert";
import { counted } from "../../../cli/render/count.ts";

const test = suite("cli/render/count");

test("one, none and several", () => {
  assert.equal(
    [
      counted(1, "resource"),
      counted(0, "resource"),
      counted(2, "policy", "policies"),
      counted(1, "policy", "policies"),
    ],
    ["1 resource", "0 resources", "2 policies", "1 policy"],
  );
});

test.run();
