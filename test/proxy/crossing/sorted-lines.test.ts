import { readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LineFile, SortedLines } from "../../../proxy/crossing/sorted-lines.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/sorted-lines");

/** Numbers in an order that repeats none. */
const shuffled = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${String((index * 7919) % count).padStart(8, "0")} é${"x".repeat(20)}`);

test("lines come sorted, however many files they made, and again as often as they are read", () => {
  const folder = temporaryFolder();
  const given = shuffled(4001);
  // Some 32 bytes a line: one piece, several, and more files than are merged at once.
  for (const piece of [1024 * 1024, 32 * 1024, 1024]) {
    const sorted = new SortedLines(join(folder, "lines"), piece);
    for (const line of given) sorted.add(line);
    assert.equal([...sorted.lines()], [...given].sort());
    assert.equal([...sorted.lines()], [...given].sort());
    sorted.close();
    assert.equal(readdirSync(folder), []);
  }
  const none = new SortedLines(join(folder, "none"));
  assert.equal([...none.lines()], []);
});

test("a line that no piece holds is refused", () => {
  const sorted = new SortedLines(join(temporaryFolder(), "lines"), 100);
  sorted.add("short");
  throwsCode("over-limit", () => sorted.add("x".repeat(100)));
});

test("a file gives back its lines, long ones and empty ones too", () => {
  const folder = temporaryFolder();
  const file = new LineFile(join(folder, "file"));
  const lines = ["", "é".repeat(50_000), "a", "", "€".repeat(8191), "end"];
  for (const line of lines) file.add(line);
  assert.equal([...file.lines()], lines);
  file.add("more");
  assert.equal([...file.lines()], [...lines, "more"]);
  file.close();
  assert.equal(readdirSync(folder), []);
});

test.run();
