import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { limitsWith } from "../../../core/limits.ts";
import { DecisionLog, type StoredDecision } from "../../../proxy/state/decision-log.ts";
import { openState } from "../../../proxy/state/open-state.ts";
import { stateMigrations, type StateStatement, stateSql } from "../../../proxy/state/state-statements.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/state/decision-log");
const now = new Date("2026-11-30T00:00:00Z");
const decision = (id: string, more: Partial<StoredDecision> = {}): StoredDecision => ({
  id: `d-${id}`,
  at: "2026-11-29T00:00:00Z",
  subject: "Pod shop/web",
  allowed: false,
  record: new TextEncoder().encode(`{"id":"${id}"}`),
  ...more,
});

function opened(limits = {}, folder = temporaryFolder()) {
  const setAside = (why: string): never => assert.unreachable(why) as never;
  return { folder, state: openState(folder, { limits: limitsWith(limits), setAside }) };
}

test("a decision is found by its id, with its record as it was stored", () => {
  const { folder, state } = opened();
  state.decisions((log) => log.put([decision("a"), decision("b", { allowed: true })], now));
  state.close();
  const again = opened({}, folder).state;
  again.decisions((log) => {
    assert.equal(log.find("d-a"), decision("a"));
    assert.equal(log.find("d-b")?.allowed, true);
    assert.is(log.find("d-c"), undefined);
    assert.is(log.count(), 2);
  });
  again.close();
});

test("the newest are listed first; too many and too old ones go", () => {
  const { state } = opened({ decisionRecords: 2, decisionDays: 10 });
  const on = (day: string): Partial<StoredDecision> => ({ at: `2026-11-${day}T00:00:00Z` });
  state.decisions((log) => {
    log.put([decision("old", on("01")), decision("a", on("27")), decision("b", on("28"))], now);
    log.put([decision("c", on("29"))], now);
    assert.equal(
      log.list(9).map(({ id }) => id),
      ["d-c", "d-b"],
    );
    log.put([decision("older", on("02"))], now);
    assert.is(log.find("d-older"), undefined);
    assert.is(log.count(), 2);
  });
  state.close();
});

test("of what takes too much room the oldest go", () => {
  const { state } = opened({ decisionLogBytes: 100 });
  const record = new Uint8Array(40);
  state.decisions((log) => {
    for (const [id, day] of [
      ["a", "26"],
      ["b", "27"],
      ["c", "28"],
    ] as const)
      log.put([decision(id, { record, at: `2026-11-${day}T00:00:00Z` })], now);
    assert.equal(
      log.list(9).map(({ id }) => id),
      ["d-c", "d-b"],
    );
  });
  state.close();
});

test("all records are gone through only where there may be too much of them, and now and then", () => {
  const database = new Database(":memory:");
  for (const { sql } of stateMigrations) database.exec(sql);
  const asked: unknown[] = [];
  const counting = new Proxy(database, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...values: readonly unknown[]): unknown => {
        asked.push(values[0]);
        return Reflect.apply(member, target, values);
      };
    },
  });
  const times = (name: StateStatement): number => asked.filter((one) => one === stateSql(name)).length;
  const log = new DecisionLog(counting, limitsWith({ decisionRecords: 10, decisionLogBytes: 1000 }));
  const record = new Uint8Array(80);
  for (let index = 0; index < 40; index++) log.put([decision(`${100 + index}`, { record })], now);
  assert.is(log.count(), 10);
  assert.equal([times("sum-decisions"), times("trim-decision-bytes")], [1, 0], "800 bytes are kept");
  const other = new DecisionLog(database, limitsWith({ decisionRecords: 100 }));
  for (let index = 0; index < 20; index++) other.put([decision(`${index}`, { record })], now);
  for (let index = 0; index < 40; index++)
    log.put([decision(`${200 + index}`, { at: "2026-11-30T00:00:00Z", record: new Uint8Array(300) })], now);
  assert.is(times("sum-decisions"), 2, "what another process wrote is counted, too");
  assert.ok(times("trim-decision-bytes") > 0);
  assert.ok(log.count() <= 3);
  database.close();
});

test("a record that is too large is refused, and none of its batch is stored", () => {
  const { state } = opened({ decisionRecordBytes: 11 });
  state.decisions((log) => {
    assert.is(throwsCode("over-limit", () => log.put([decision("a"), decision("bcd")], now)).subject, "d-bcd");
    assert.is(log.count(), 0);
  });
  state.close();
});

test("a record that was changed behind the program's back is not given", () => {
  const { folder, state } = opened();
  state.decisions((log) => log.put([decision("a")], now));
  state.close();
  const database = new Database(join(folder, "state.db"));
  database.prepare("UPDATE decision SET record = ?").run(Buffer.from("{}"));
  database.close();
  const again = opened({}, folder).state;
  throwsCode("mirror-corrupt", () => again.decisions((log) => log.find("d-a")));
  again.close();
});

test.run();
