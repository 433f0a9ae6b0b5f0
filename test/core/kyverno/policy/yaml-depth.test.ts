import { Parser } from "yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tooDeepAt } from "../../../../core/kyverno/policy/yaml-depth.ts";

const test = suite("core/kyverno/policy/yaml-depth");
const at = (text: string, limit: number): number | undefined =>
  [...new Parser().parse(text)].map((token) => tooDeepAt(token, limit)).find((offset) => offset !== undefined);

test("collections of every kind count, in keys too", () => {
  for (const text of [
    "[[[[1]]]]",
    "- - - - 1",
    "{a: {a: {a: {a: 1}}}}",
    "a:\n  b:\n    c:\n      d: 1",
    "? [[[1]]]\n: 2",
  ]) {
    assert.is(at(text, 4), undefined, text);
    assert.type(at(text, 2), "number", text);
  }
});

test("scalars and comments are not deep", () => {
  assert.is(at("a", 0), undefined);
  assert.is(at("# a\n", 0), undefined);
});

test.run();
