/** Decisions on their way into `state.db`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EngineError } from "../../../core/errors.ts";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { newDecisionId } from "../../../proxy/state/decision-id.ts";
import { DecisionMemory } from "../../../proxy/state/decision-memory.ts";
import { openState } from "../../../proxy/state/open-state.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const test = suite("proxy/state/decision-memory");
const now = (): Date => new Date("2026-11-26T12:00:00Z");
const one = (name: string) => ({ subject: name, allowed: false, record: () => JSON.stringify({ name }) });
const open = (limits = defaultLimits) =>
  openState(tempFolder(), { limits, setAside: (why) => assert.unreachable(why) });

test("what is remembered is there after the end, and many at once without waiting", () => {
  const state = open();
  const memory = new DecisionMemory({ state, now, report: (error) => assert.unreachable(error.message) });
  const ids = Array.from({ length: 300 }, () => newDecisionId("AB"));
  for (const [index, id] of ids.entries()) memory.remember(id, one(`Pod/a/${index}`));
  assert.ok(state.decisions((log) => log.count()) >= 256, "a full queue is written at once");
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
