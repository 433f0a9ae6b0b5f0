import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goJson } from "../../../../core/kyverno/rule/go-json.ts";

const test = suite("core/kyverno/rule/go-json");

test("keys are sorted, HTML is escaped, control characters as in JSON", () => {
  assert.is(goJson({ b: "<&>", a: [1, 1.5, null, true, 5n] }), '{"a":[1,1.5,null,true,5],"b":"\\u003c\\u0026\\u003e"}');
  assert.is(goJson("a\u2028\\b\b"), '"a\\u2028\\\\b\\b"');
});

test("numbers", () => {
  for (const [value, text] of [
    [1e21, "1e+21"],
    [1e-7, "1e-7"],
    [1000000, "1000000"],
    [-0, "-0"],
  ] as const)
    assert.is(goJson(value), text);
});

test.run();
