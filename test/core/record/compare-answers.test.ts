import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DistrustRow, Knowledge } from "../../../core/knowledge/knowledge.ts";
import { compareAnswers } from "../../../core/record/compare-answers.ts";

const test = suite("core/record/compare-answers");

const row = (kind: DistrustRow["kind"], value: string, reason?: string): DistrustRow => ({
  kind,
  value,
  ...(reason === undefined ? {} : { reason }),
});
const distrusting = (...distrust: readonly DistrustRow[]): Knowledge => ({
  answer: () => undefined,
  state: () => ({ distrust }),
});

test("what both sides distrust is no difference, whatever its reason; the same value of another kind is", () => {
  const then = [row("key", "a"), row("identity", "b", "left")];
  const now = distrusting(row("identity", "b", "gone"), row("digest", "a", "stolen"));
  assert.equal(compareAnswers(new Map(), { distrust: then }, now).distrust, [
    { kind: "key", value: "a", distrusted: "then" },
    { kind: "digest", value: "a", reason: "stolen", distrusted: "now" },
  ]);
  assert.equal(compareAnswers(new Map(), {}, { answer: () => undefined }).distrust, []);
});

test("a record with very many entries of distrust is compared by looking at each a few times", () => {
  let looks = 0;
  const rows = (name: string): readonly DistrustRow[] =>
    Array.from({ length: 1000 }, (_, index) => ({
      kind: "digest",
      get value() {
        looks += 1;
        return `${name}${index}`;
      },
    }));
  const now = { answer: () => undefined, state: () => ({ distrust: rows("b") }) };
  assert.is(compareAnswers(new Map(), { distrust: rows("a") }, now).distrust.length, 2000);
  assert.ok(looks <= 8000, String(looks));
});

test.run();
