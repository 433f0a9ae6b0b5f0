import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AskingProgress, showsProgress } from "../../../cli/input/asking-progress.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/asking-progress");
const tag = (host: string): Question => ({ kind: "tag", repository: `${host}/org/app`, tag: "1" });

function world(width = 80) {
  const { io } = testIO();
  const lines: string[] = [];
  const waits = new Set<() => void>();
  let now = 0;
  const host = { ...io.host, status: (line: string) => void lines.push(line) };
  return {
    lines,
    waits,
    io: { ...io, host, width: { out: width, err: width }, now: () => new Date(now) },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

/** An asker whose answers come when they are told to. */
function slow() {
  const ends: (() => void)[] = [];
  return {
    ends,
    asker: { ask: () => new Promise<undefined>((resolve) => ends.push(() => resolve(undefined))) },
  };
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("a round that takes longer than a second shows a line, which is gone at its end", async () => {
  const { io, lines, pass } = world();
  const { asker, ends } = slow();
  const watched = new AskingProgress(io).watch(asker);
  const asking = [tag("ghcr.io"), tag("quay.io"), tag("ghcr.io")].map((question) => watched.ask(question));
  assert.equal(lines, [], "nothing at first");
  pass(1200);
  ends[1]?.();
  await later(1150);
  assert.is(lines[0], "asking ghcr.io: 1 answered, 2 open, 1 s");
  for (const end of ends) end();
  await Promise.all(asking);
  assert.is(lines.at(-1), "");
  const count = lines.length;
  await later(300);
  assert.is(lines.length, count, "and nothing after it");
});

test("a quick round shows nothing but that there is nothing", async () => {
  const { io, lines } = world();
  const { asker, ends } = slow();
  const asking = new AskingProgress(io).watch(asker).ask(tag("ghcr.io"));
  ends[0]?.();
  await asking;
  assert.equal(lines, [""]);
});

test("the line fits the screen, shows no path or secret of an address, and moves no cursor", async () => {
  const { io, lines } = world(40);
  const { asker, ends } = slow();
  const watched = new AskingProgress(io).watch(asker);
  const log = { kind: "log-entry", log: "https://user:secret@rekor.example/path?token=secret", hash: "x" } as const;
  const asking = [log, tag(`evil\u001b[2J${"x".repeat(100)}.example`)].map((question) => watched.ask(question));
  await later(1150);
  for (const end of ends) end();
  await Promise.all(asking);
  assert.match(lines[0] ?? "", /^asking rekor\.example, evil\\u\{1b\}/);
  assert.ok((lines[0] ?? "").length < 40);
  assert.not.match(lines.join(), /secret/);
});

test("nobody is shown anything who does not look, wants quiet, or reads a document", () => {
  const { io } = testIO();
  const shown = (flags: object, isTerminal = true, isOutTerminal = false): boolean =>
    showsProgress(flags, { host: { ...io.host, isTerminal, isOutTerminal } });
  assert.ok(shown({}));
  assert.not(shown({}, false));
  assert.not(shown({ quiet: true }));
  assert.not(shown({ output: "json" }));
  assert.not(shown({ output: "folder", outputFormat: "yaml" }));
  assert.ok(shown({ output: "json" }, true, true), "on a terminal the document is for people, too");
  assert.ok(shown({ output: "folder" }));
});

test.run();
