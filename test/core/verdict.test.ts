import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codes, EngineError, type ErrorCode } from "../../core/errors.ts";
import {
  conjunction,
  counting,
  type Failure,
  failed,
  furthest,
  leadingFailure,
  toFailure,
  type Truth,
} from "../../core/verdict.ts";

const test = suite("core/verdict");
const truths: readonly Truth[] = ["proven", "refuted", "unknown"];
/** All lists of truths up to a length. */
const lists = (length: number): readonly (readonly Truth[])[] =>
  length === 0
    ? [[]]
    : lists(length - 1).flatMap((list) =>
        list.length === length - 1 ? [list, ...truths.map((truth) => [...list, truth])] : [list],
      );

/** What a fold must say: the same answer whatever the unknown ones turn out to be, else unknown. */
function byTrying(list: readonly Truth[], holds: (settled: readonly boolean[]) => boolean): Truth {
  const worlds = list.reduce<readonly (readonly boolean[])[]>(
    (all, truth) =>
      all.flatMap((world) =>
        truth === "unknown"
          ? [
              [...world, true],
              [...world, false],
            ]
          : [[...world, truth === "proven"]],
      ),
    [[]],
  );
  const outcomes = new Set(worlds.map(holds));
  return outcomes.size === 2 ? "unknown" : outcomes.has(true) ? "proven" : "refuted";
}

test("conjunction: a certain violation beats an outage, and an unknown never hides a refutation", () => {
  for (const list of lists(4))
    assert.is(
      conjunction(list),
      byTrying(list, (settled) => settled.every(Boolean)),
      String(list),
    );
});

test("counting k of n", () => {
  for (const list of lists(4))
    for (const required of [1, 2, 3, 5])
      assert.is(
        counting(list, required),
        byTrying(list, (settled) => settled.filter(Boolean).length >= required),
        `${required} of ${list}`,
      );
});

test("a count of nothing is a bug: at least one", () => {
  assert.is(counting([], 0), "refuted");
  assert.is(counting(["refuted"], 0), "refuted");
  assert.is(counting(["proven"], -1), "proven");
});

test("a failure's code decides whether it refutes", () => {
  for (const code of Object.keys(codes) as ErrorCode[]) {
    const verification = failed({ check: "c", code, reason: "", stage: 0 }, [{ kind: "key", reference: "x" }]);
    assert.is(verification.truth, codes[code].truth === "refuted" ? "refuted" : "unknown", code);
  }
});

test("the failure that got furthest is shown first, the first of equals", () => {
  const at = (stage: number, reason: string): Failure => ({ check: "c", code: "malformed", reason, stage });
  assert.is(furthest([]), undefined);
  assert.is(furthest([at(1, "a"), at(3, "b"), at(3, "c"), at(2, "d")])?.reason, "b");
});

test("an error as a failure", () => {
  assert.equal(toFailure(new EngineError("wrong-key", "why", { subject: "s" }), "signature", 4), {
    check: "signature",
    code: "wrong-key",
    reason: "why",
    subject: "s",
    stage: 4,
  });
  assert.not("subject" in toFailure(new EngineError("wrong-key", "why"), "signature", 4));
});

test("the failure that got furthest leads; of an unknown only what is not known", () => {
  const failure = (code: Failure["code"], stage: number): Failure => ({ check: "x", code, reason: "because", stage });
  const failures = [failure("no-trust", 2), failure("wrong-key", 9), failure("wrong-identity", 12)];
  assert.is(leadingFailure("refuted", failures)?.code, "wrong-identity");
  assert.is(leadingFailure("unknown", failures)?.code, "no-trust");
  assert.is(leadingFailure("refuted", []), undefined);
});

test.run();
