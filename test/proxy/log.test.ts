import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createLog, type LogLevel } from "../../proxy/log.ts";

const test = suite("proxy/log");
const now = (): Date => new Date("2026-11-30T12:00:00Z");

function logged(format: "json" | "text", level: LogLevel = "info") {
  const lines: string[] = [];
  return { lines, log: createLog({ level, format, now, write: (line) => lines.push(line) }) };
}

test("JSON: one object a line, with level, time and message", () => {
  const { log, lines } = logged("json");
  log.info("request", { status: 200, path: "/v2/\n\u001b[31m" });
  assert.is(lines.length, 1);
  assert.ok(lines[0]?.endsWith("\n") && !lines[0].slice(0, -1).includes("\n"));
  assert.equal(JSON.parse(lines[0] ?? ""), {
    level: "info",
    time: "2026-11-30T12:00:00.000Z",
    status: 200,
    path: "/v2/\n\u001b[31m",
    msg: "request",
  });
});

test("text: one line for people, in which nothing from outside writes to the terminal", () => {
  const { log, lines } = logged("text");
  log.warn("a request\nfailed", { path: "/v2/\u001b[31m", why: "two words", list: ["a"], long: "x".repeat(5000) });
  assert.is(lines.length, 1);
  const [line = ""] = lines;
  assert.ok(line.startsWith("2026-11-30T12:00:00.000Z warn  a request\\u{a}failed path="));
  assert.match(line, /why="two words"/);
  assert.not.match(line.slice(0, -1), /\p{C}/u);
  assert.ok(line.length < 1400);
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
