import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Run, wellFormed } from "../../../core/jmespath/run.ts";
import { GoInteger, ObjectList, type Value } from "../../../core/jmespath/value.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/jmespath/run");

test("steps end", () => {
  const run = new Run(new Map(), defaultLimits, { steps: 10 });
  run.spend(10);
  run.spendText(15);
  throwsCode("over-budget", () => run.spendText(16));
});

test("a result is looked through only when something says so", () => {
  const value: Value = { n: new GoInteger(2), l: new ObjectList([{ k: "\udc80" }]), bad: "\ud800x" };
  assert.is(new Run(new Map(), defaultLimits, { steps: 100 }).clean(value, false), value);
  const run = new Run(new Map(), defaultLimits, { steps: 100 });
  run.markUnclean();
  assert.equal(JSON.parse(JSON.stringify(run.clean(value, false))), { n: 2, l: [{ k: "\ufffd" }], bad: "\ufffdx" });
  throwsCode("unresolved", () => run.clean([Number.NaN], false));
  throwsCode("over-budget", () => new Run(new Map(), defaultLimits, { steps: 2 }).clean([1, 2, 3], true));
});

test("lists sorted in place are put back, a frozen one is copied", () => {
  const run = new Run(new Map(), defaultLimits, { steps: 100 });
  const list = [2, 1];
  assert.is(run.sortInPlace(list, [1, 2]), list);
  assert.equal(list, [1, 2]);
  const result = run.clean({ list }, false);
  run.restore();
  assert.equal(list, [2, 1]);
  assert.equal(JSON.stringify(result), '{"list":[1,2]}');
  const frozen = Object.freeze([2, 1]);
  assert.equal(run.sortInPlace(frozen, [1, 2]), [1, 2]);
  assert.equal([...frozen], [2, 1]);
});

test("lone surrogates become one replacement each", () =>
  assert.is(wellFormed("a\udc80\udc81😀\ud800"), "a\ufffd\ufffd😀\ufffd"));

test.run();
