import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { Run } from "../../../core/jmespath/run.ts";
import {
  areEqual,
  compareText,
  elements,
  ExpressionReference,
  GoInteger,
  isMap,
  isTruthy,
  memberOf,
  ObjectList,
  ScopeRoot,
  type Value,
} from "../../../core/jmespath/value.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/jmespath/value");
const run = () => new Run(new Map(), defaultLimits, { steps: 1000 });

test("truth", () => {
  for (const value of [null, false, "", [], {}, new ObjectList([])] as readonly Value[]) assert.not(isTruthy(value));
  for (const value of [
    true,
    0,
    "0",
    [null],
    { a: null },
    new GoInteger(0),
    new ObjectList([{}]),
    new ExpressionReference(() => null),
  ] as readonly Value[])
    assert.ok(isTruthy(value));
});

test("equality of content and of kind", () => {
  assert.ok(areEqual({ a: [1, { b: null }] }, { a: [1, { b: null }] }, run()));
  assert.not(areEqual({ a: 1 }, { b: 1 }, run()));
  assert.not(areEqual([1], [1, 2], run()));
  assert.not(areEqual(Number.NaN, Number.NaN, run()));
  assert.not(areEqual(new GoInteger(1), 1, run()));
  assert.ok(areEqual(new GoInteger(1), new GoInteger(1), run()));
  assert.not(areEqual(new ObjectList([{ k: 1 }]), [{ k: 1 }], run()));
  assert.ok(areEqual(new ObjectList([{ k: 1 }]), new ObjectList([{ k: 1 }]), run()));
});

test("special values are no maps and have no own members", () => {
  for (const value of [
    new GoInteger(1),
    new ObjectList([]),
    new ExpressionReference(() => null),
    new ScopeRoot({ lookup: () => 1, keys: () => ["a"] }),
  ]) {
    assert.not(isMap(value));
    assert.equal(Object.keys(value), []);
    assert.type(value.kind, "string");
  }
  assert.equal(elements(new ObjectList([{ a: 1 }])), [{ a: 1 }]);
  assert.is(memberOf({}, "toString"), undefined);
  assert.equal({ ...new ScopeRoot({ lookup: () => 1, keys: () => ["a"] }).whole() }, { a: 1 });
});

test("text is ordered as UTF-8 is", () => {
  const bytes = (left: string, right: string): number => {
    const [a, b] = [encodeUtf8(left), encodeUtf8(right)];
    for (let index = 0; index < Math.min(a.length, b.length); index++)
      if (a[index] !== b[index]) return Math.sign((a[index] ?? 0) - (b[index] ?? 0));
    return Math.sign(a.length - b.length);
  };
  const texts = fc.string({ unit: fc.constantFrom("a", "é", "\uffee", "😀", "日", "\u{10ffff}"), maxLength: 4 });
  fc.assert(fc.property(texts, texts, (left, right) => assert.is(compareText(left, right), bytes(left, right))));
});

test.run();
