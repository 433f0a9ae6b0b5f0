import { suite } from "uvu";
import * as assert from "uvu/assert";
import { collect } from "../../cli/command.ts";

const test = suite("cli/command");

test("collects in order", () => {
  assert.equal(collect("a", undefined), ["a"]);
  assert.equal(collect("b", ["a"]), ["a", "b"]);
});

test.run();
