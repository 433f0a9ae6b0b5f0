/** Counts how often a source is asked for its state. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hold, type Knowledge, type SourceState } from "../../../core/knowledge/knowledge.ts";
import { onceATurn } from "../../../proxy/webhook/once-a-turn.ts";

const test = suite("proxy/webhook/once-a-turn");
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function counted() {
  let read = 0;
  let ms = 0;
  const source: Knowledge = {
    answer: () => undefined,
    state(): SourceState {
      read += 1;
      if (read === 3) throw new Error("it cannot be read");
      return { version: String(read) };
    },
  };
  const pass = (passed: number): void => {
    ms += passed;
  };
  return { knowledge: onceATurn(source, () => ms), count: () => read, pass };
}

test("one turn reads the state once, the next one again", async () => {
  const { knowledge, count } = counted();
  const states = Array.from({ length: 5 }, () => knowledge.state?.().version);
  assert.equal(
    states,
    Array.from({ length: 5 }, () => "1"),
  );
  await nextTurn();
  assert.is(knowledge.state?.().version, "2");
  assert.is(count(), 2);
});

test("a long turn reads it again, and a state that cannot be read is not kept", async () => {
  const { knowledge, count, pass } = counted();
  assert.is(knowledge.state?.().version, "1");
  pass(9);
  assert.is(knowledge.state?.().version, "1");
  pass(1);
  assert.is(knowledge.state?.().version, "2");
  await nextTurn();
  assert.throws(() => knowledge.state?.());
  assert.is(knowledge.state?.().version, "4");
  assert.is(count(), 4);
});

test("within a moment the state is that of the moment, and after it that of the turn again", () => {
  let held = 0;
  const source: Knowledge = {
    answer: () => undefined,
    state: () => ({ version: held > 0 ? "moment" : "turn" }),
    hold() {
      held += 1;
      return () => {
        held -= 1;
      };
    },
  };
  const knowledge = onceATurn(source);
  const version = () => knowledge.state?.().version;
  assert.is(version(), "turn");
  const release = hold(knowledge);
  const inner = hold(knowledge);
  inner();
  assert.is(version(), "moment");
  release();
  assert.is(version(), "turn");
});

test("claims and facts are the source's; a source without them has none", () => {
  const claim = { scope: "host", at: "2026-01-01T00:00:00Z", from: "somebody" };
  const question = { kind: "tag", repository: "host/app", tag: "1" } as const;
  const whole = onceATurn({ answer: () => undefined, claims: () => [claim], facts: () => [question] });
  assert.equal(whole.claims?.(question), [claim]);
  assert.equal([...(whole.facts?.("host") ?? [])], [question]);
  const { knowledge } = counted();
  assert.equal(knowledge.claims?.(question), []);
  assert.equal([...(knowledge.facts?.("host") ?? [])], []);
});

test.run();
