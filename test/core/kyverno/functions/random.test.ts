import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFunctions } from "../../../../core/kyverno/functions/random.ts";
import { fails, query } from "./query.ts";

const test = suite("core/kyverno/functions/random");
const pair = "[random('[a-z]{20}'), random('[a-z]{20}')]";

test("the seed decides, and how many were made before", () => {
  assert.is(randomFunctions("x").length, 1);
  const first = query(pair) as readonly string[];
  assert.equal(query(pair), first);
  assert.is.not(first[0], first[1]);
  assert.is.not((query(pair, {}, { seed: "other" }) as readonly string[])[0], first[0]);
  assert.is(query("length(random('[a-z]{6}'))"), 6);
  assert.is(query("random('abc')"), "abc");
});

test("texts are spread over what a pattern allows", () => {
  const letters = new Set(query("random('[a-z]{400}')") as string);
  assert.ok(letters.size > 20);
});

test("what is no pattern", () => fails(["random('')", "random('[')", "random('\\d')"]));

test.run();
