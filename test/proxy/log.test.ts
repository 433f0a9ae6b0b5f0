import { setImmediate as nextTurn } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createLog, inGroups, type LogLevel } from "../../proxy/log.ts";

const test = suite("proxy/log");
const now = (): Date => new Date("2026-11-30T12:00:00Z");

function logged(format: "json" | "text", level: LogLevel = "info") {
  const lines: string[] = [];
  return { lines, log: createLog({ level, format, now, write: (line) => lines.push(line) }) };
}

test("JSON: one object a line, with level, time and message", () => {
  const { log, lines } = logged("json");
  log.info("request", { status: 200, path: "/v2/\n\u001b[31m", name: "web\u3164\u202e" });
  assert.match(lines[0] ?? "", "web\\u3164\\u202e");
  assert.is(lines.length, 1);
  assert.ok(lines[0]?.endsWith("\n") && !lines[0].slice(0, -1).includes("\n"));
  assert.equal(JSON.parse(lines[0] ?? ""), {
    level: "info",
    time: "2026-11-30T12:00:00.000Z",
    status: 200,
    path: "/v2/\n\u001b[31m",
    name: "web\u3164\u202e",
    msg: "request",
  });
});

test("text: one line for people, in which nothing from outside writes to the terminal", () => {
  const { log, lines } = logged("text");
  log.warn("a request\nfailed", {
    path: "/v2/\u001b[31m",
    why: "two words",
    list: ["a"],
    long: "x".repeat(5000),
    name: "web\u3164",
    "a name=\u001b[31m": 1,
  });
  assert.is(lines.length, 1);
  const [line = ""] = lines;
  assert.ok(line.startsWith("2026-11-30T12:00:00.000Z warn  a request\\u{a}failed path="));
  assert.match(line, /why="two words"/);
  assert.match(line, "name=web\\u{3164}");
  assert.match(line, '"a name=\\u001b[31m"=1');
  assert.not.match(line.slice(0, -1), /\p{C}/u);
  assert.ok(line.length < 1400);
});

test("lines wait together; a warning writes what waits before it, and so does much text", () => {
  const written: string[] = [];
  const later: (() => void)[] = [];
  const write = (lines: string) => written.push(lines);
  const log = createLog({ level: "info", format: "json", now, write, later: (act) => void later.push(act) });
  const messages = (index: number) =>
    (written[index] ?? "").split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).msg]));
  log.info("a");
  log.info("b");
  assert.is(written.length, 0);
  assert.is(later.length, 1);
  later[0]?.();
  assert.equal(messages(0), ["a", "b"]);
  log.info("c");
  log.warn("d");
  assert.equal(messages(1), ["c", "d"]);
  later[1]?.();
  assert.is(written.length, 2);
  for (let count = 0; count < 20; count++) log.info("e", { long: "x".repeat(10_000) });
  assert.ok(written.length > 2);
  assert.equal(messages(2)[0], "e");
});

test("few lines are written in their turn, many some time after the last ones", async () => {
  let clock = 7;
  const written: string[] = [];
  const later = inGroups(() => clock, 3_600_000);
  later(() => void written.push("first"));
  assert.equal(written, []);
  await nextTurn();
  assert.equal(written, ["first"]);
  clock += 1;
  later(() => void written.push("soon after it"));
  await nextTurn();
  await nextTurn();
  assert.equal(written, ["first"]);
  clock += 3_599_999;
  later(() => void written.push("long after it"));
  await nextTurn();
  assert.equal(written, ["first", "long after it"]);
});

test("lines that nobody reads are lost beyond a bound, and their number is told when somebody reads again", () => {
  for (const later of [undefined, (write: () => void): void => write()]) {
    const written: string[] = [];
    let waits = 0;
    const write = (lines: string): void => {
      written.push(lines);
      waits += lines.length;
    };
    const log = createLog({ level: "error", format: "json", now, write, later, behind: () => waits });
    const long = "x".repeat(1024 * 1024);
    for (let count = 0; count < 40; count++) log.error("a", { long });
    assert.is(written.length, 16);
    waits = 0;
    log.error("b");
    log.error("c");
    const last = written.slice(16).map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(
      last.map(({ msg, lines }) => [msg, lines]),
      [
        ["nobody read the log for some time, and lines of it are lost", 24],
        ["b", undefined],
        ["c", undefined],
      ],
    );
  }
});

test("each line of a group that is lost is counted, and lines wait as before once somebody reads again", () => {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  let waits = 16 * 1024 * 1024 + 1;
  const log = createLog({
    level: "info",
    format: "json",
    now,
    write: (lines) => written.push(lines),
    later: (write) => waiting.push(write),
    behind: () => waits,
  });
  for (let count = 0; count < 3; count++) log.info("lost");
  waiting.shift()?.();
  assert.equal(written, []);
  // At the bound itself nothing is lost.
  waits -= 1;
  log.info("a");
  waiting.shift()?.();
  assert.is(written.length, 2);
  assert.is((JSON.parse(written[0] ?? "") as { lines: number }).lines, 3);
  log.info("b");
  assert.is(written.length, 2);
  waiting.shift()?.();
  assert.is(written.length, 3);
});

test("less than the level is not written", () => {
  const levels = ["debug", "info", "warn", "error"] as const;
  for (const [least, level] of levels.entries()) {
    const { log, lines } = logged("json", level);
    for (const name of levels) log[name](name);
    assert.equal(
      lines.map((line) => JSON.parse(line).level),
      levels.slice(least),
    );
  }
});

test.run();
