import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileExpression } from "../../../../core/jmespath/expression.ts";
import { ExpressionCache } from "../../../../core/kyverno/rule/expression-cache.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/rule/expression-cache");
const expression = compileExpression("a", { functions: new Map(), limits: defaultLimits });

test("keeps expressions by their text", () => {
  const cache = new ExpressionCache();
  cache.set("a", expression);
  assert.is(cache.get("a"), expression);
  assert.is(cache.get("b"), undefined);
});

test("what resources bring does not fill it: it begins again, and one that is long is not kept", () => {
  const cache = new ExpressionCache();
  const texts = Array.from({ length: 400 }, (_, index) => `${index}${"x".repeat(1000)}`);
  for (const text of texts) cache.set(text, expression);
  const held = texts.filter((text) => cache.get(text) !== undefined);
  assert.ok(held.length > 0 && held.length < 200, String(held.length));
  assert.is(cache.get(texts[399] ?? ""), expression);
  cache.set("y".repeat(100_000), expression);
  assert.is(cache.get("y".repeat(100_000)), undefined);
});

test.run();
