import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goJson, goText } from "../../../core/jmespath/go-text.ts";
import { Run } from "../../../core/jmespath/run.ts";
import { ExpressionReference, GoInteger, ObjectList } from "../../../core/jmespath/value.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/jmespath/go-text");
const run = () => new Run(new Map(), 1000);

test("%v", () => {
  assert.is(goText({ b: [1, null, true], a: 1e6, c: { d: "x" } }), "map[a:1e+06 b:[1 <nil> true] c:map[d:x]]");
  assert.is(goText(new ObjectList([{ k: new GoInteger(-1) }])), "[map[k:-1]]");
  assert.is(goText(new ExpressionReference(() => null)), "{}");
});

test("%v is cut: it goes into messages", () => {
  assert.ok(goText("x".repeat(100_000)).length < 1100);
  assert.ok(goText(Array.from({ length: 100_000 }, () => "abc")).length < 20_000);
});

test("JSON with sorted keys and Go's escapes", () => {
  assert.is(
    goJson({ "<b>": "a&b\u2028", a: [-0, 1e21, 0.000001] }, run()),
    '{"\\u003cb\\u003e":"a\\u0026b\\u2028","a":[-0,1e+21,0.000001]}',
  );
  assert.is(goJson({ "\uffee": 1, "😀": 2 }, run()), '{"\uffee":1,"😀":2}');
  assert.is(
    goJson(["a\udc80", new GoInteger(1), new ObjectList([{}]), new ExpressionReference(() => null), null, true], run()),
    '["a\\ufffd",1,[{}],{},null,true]',
  );
  throwsCode("unresolved", () => goJson([Number.NaN], run()));
  throwsCode("over-budget", () =>
    goJson(
      Array.from({ length: 2000 }, () => 1),
      run(),
    ),
  );
});

test.run();
