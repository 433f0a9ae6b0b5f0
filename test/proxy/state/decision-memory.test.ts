/** Decisions on their way into `state.db`. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { newDecisionId } from "../../../proxy/state/decision-id.ts";
import { DecisionMemory } from "../../../proxy/state/decision-memory.ts";
import { openState } from "../../../proxy/state/open-state.ts";
import type { State } from "../../../proxy/state/state.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const test = suite("proxy/state/decision-memory");
const now = (): Date => new Date("2026-11-26T12:00:00Z");
const one = (name: string) => ({ subject: name, allowed: false, record: () => JSON.stringify({ name }) });
const open = (limits = defaultLimits) =>
  openState(tempFolder(), { limits, setAside: (why) => assert.unreachable(why) });

test("what is remembered is there after the end, and no more wait than fit", () => {
  const state = open();
  const memory = new DecisionMemory({ state, now, report: (error) => assert.unreachable(error.message) });
  const ids = Array.from({ length: 300 }, () => newDecisionId("AB"));
  for (const [index, id] of ids.entries()) memory.remember(id, one(`Pod/a/${index}`));
  assert.ok(300 - state.decisions((log) => log.count()) <= 256, "what does not fit is written at once");
  memory.close();
  assert.is(
    state.decisions((log) => log.count()),
    300,
  );
  const last = state.decisions((log) => log.find(ids[299] ?? ""));
  assert.equal(
    [last?.subject, last?.allowed, Buffer.from(last?.record ?? []).toString()],
    ["Pod/a/299", false, '{"name":"Pod/a/299"}'],
  );
  state.close();
});

/** A state, and how often the disk was waited for. */
function openCounted() {
  const state = open();
  let syncs = 0;
  const counted = new Proxy(state, {
    get: (target, name: "useUnsynced" | "sync") =>
      name === "useUnsynced"
        ? (act: Parameters<typeof target.useUnsynced>[0]) => target.useUnsynced(act)
        : () => {
            syncs += 1;
            return target.sync();
          },
  });
  return { state, counted, syncs: () => syncs };
}

test("what is written at the end waits for the disk, too", () => {
  const { state, counted, syncs } = openCounted();
  const memory = new DecisionMemory({ state: counted, now, report: (error) => assert.unreachable(error.message) });
  memory.remember(newDecisionId("AB"), one("Pod/a/b"));
  memory.close();
  assert.is(
    state.decisions((log) => log.count()),
    1,
  );
  assert.is(syncs(), 1);
  state.close();
});

test("many are written a few a turn, so that requests go in between, and then wait for the disk", async () => {
  const { state, counted, syncs } = openCounted();
  const memory = new DecisionMemory({ state: counted, now, report: (error) => assert.unreachable(error.message) });
  const written = (): number => state.decisions((log) => log.count());
  for (let index = 0; index < 18; index++) memory.remember(newDecisionId("AB"), one(`Pod/a/${index}`));
  const seen = [written()];
  while ((seen.at(-1) ?? 0) < 18) {
    assert.is(syncs(), 0);
    await nextTurn();
    seen.push(written());
  }
  assert.equal([...new Set(seen)], [0, 4, 8, 12, 16, 18]);
  assert.is(syncs(), 1);
  // What comes later is written, too, one after the other.
  for (const count of [19, 20]) {
    memory.remember(newDecisionId("AB"), one(`Pod/b/${count}`));
    for (let look = 0; look < 1000 && written() < count; look++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.is(written(), count);
  }
  memory.close();
  state.close();
});

test("a disk that takes nothing is told once, however many decisions wait; a fault of the program is thrown", () => {
  let failure: Error = new EngineError("mirror-busy", "the disk is full");
  const useUnsynced = (): never => {
    throw failure;
  };
  const state = { useUnsynced, sync: () => Promise.resolve() } as unknown as State;
  const told: EngineError[] = [];
  const memory = new DecisionMemory({ state, now, report: (error) => void told.push(error) });
  for (const name of ["a", "b", "c"]) memory.remember(newDecisionId("AB"), one(name));
  memory.close();
  assert.equal(told, [failure]);
  failure = new TypeError("a bug");
  memory.remember(newDecisionId("AB"), one("d"));
  assert.throws(() => memory.close(), "a bug");
  assert.is(told.length, 1);
});

test("a record that cannot be kept is told, and keeps nobody from an answer", () => {
  const state = open(limitsWith({ decisionRecordBytes: 10 }));
  const told: EngineError[] = [];
  const memory = new DecisionMemory({ state, now, report: (error) => void told.push(error) });
  memory.remember(newDecisionId("AB"), one("a long name of a Pod"));
  const short = newDecisionId("AB");
  memory.remember(short, { ...one("a"), record: () => "{}" });
  memory.close();
  assert.ok(state.decisions((log) => log.find(short)) !== undefined, "the others are kept");
  assert.equal(
    told.map(({ code }) => code),
    ["over-limit"],
  );
  state.close();
});

test.run();
