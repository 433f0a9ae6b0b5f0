import { suite } from "uvu";
import * as assert from "uvu/assert";
import { joinedKnowledge } from "../../../core/knowledge/joined-knowledge.ts";
import { hold, type Knowledge, nothingKnown } from "../../../core/knowledge/knowledge.ts";
import { Overlay } from "../../../core/knowledge/overlay.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { fixtureKnowledge, fixtureText } from "../../support/fixture-images.ts";
import { engineOf, image, now, pod } from "../../support/fixture-policies.ts";

const test = suite("core/knowledge/knowledge");

test("who knows nothing answers nothing, and never changes", () => {
  assert.is(nothingKnown.answer({ kind: "key", reference: "a" }), undefined);
  assert.equal(nothingKnown.state?.(), { version: "" });
});

/** Counts what is asked of a source outside and while it is held, and how deep that goes. */
function counting(source: Knowledge) {
  const count = { outside: 0, within: 0, runs: 0 };
  let depth = 0;
  const knowledge: Knowledge = {
    answer(question) {
      count[depth > 0 ? "within" : "outside"] += 1;
      return source.answer(question);
    },
    hold() {
      count.runs += 1;
      depth += 1;
      return () => {
        depth -= 1;
      };
    },
  };
  return { knowledge, count };
}

test("a decision reads all its answers together, through whatever its source is made of", () => {
  const engine = engineOf(fixtureText("policies/06-keyless.yaml"));
  const request = requestFor(pod(image("signed-keyless")));
  const wrapped: readonly ((source: Knowledge) => Knowledge)[] = [
    (source) => source,
    (source) => joinedKnowledge([nothingKnown, source]),
    (source) => new Overlay(source),
    (source) => new Overlay(joinedKnowledge([source])),
  ];
  for (const wrap of wrapped) {
    const { knowledge, count } = counting(fixtureKnowledge);
    assert.ok(engine.decide(request, wrap(knowledge), now).allowed);
    assert.is(count.outside, 0);
    assert.ok(count.within > 3);
    assert.is(count.runs, 1);
  }
});

test("sources are held together, and let go together; of one that has no such thing nothing is held", () => {
  const [first, second] = [counting(nothingKnown), counting(nothingKnown)];
  const joined = joinedKnowledge([first.knowledge, second.knowledge]);
  const question = { kind: "key", reference: "a" } as const;
  const release = hold(joined);
  assert.is(joined.answer(question), undefined);
  release();
  hold(nothingKnown)();
  for (const { count } of [first, second]) assert.equal(count, { outside: 0, within: 1, runs: 1 });
  assert.is(joined.answer(question), undefined);
  for (const { count } of [first, second]) assert.equal(count, { outside: 1, within: 1, runs: 1 });
});

test.run();
