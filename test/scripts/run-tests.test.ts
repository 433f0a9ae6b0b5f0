import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findTestFiles, type RunOptions, runTests, summaryLine } from "../../scripts/run-tests.ts";
import { linkPackages, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/run-tests");
const head = 'import { suite } from "uvu";\nimport * as assert from "uvu/assert";\nconst test = suite("planted");\n';
const good = `${head}test("holds", () => assert.is(1, 1));\ntest.run();\n`;

async function run(
  files: Readonly<Record<string, string>>,
  options: Partial<
    Pick<RunOptions, "fileTimeoutMs" | "filters" | "figure" | "files" | "stopAtFirst" | "cpuSeconds">
  > = {},
) {
  const root = tempFolder(files);
  linkPackages(root);
  let text = "";
  const summary = await runTests({ root, jobs: 1, ...options, write: (part) => (text += part) });
  return { summary, text };
}

test("counts what passed", async () => {
  const { summary } = await run({ "test/a.test.ts": good, "test/b/c.test.ts": good });
  assert.equal(summary, { files: 2, passed: 2, failed: 0, skipped: 0, failing: [] });
});

test("given files run in their order; at the first test that fails the file and the run end", async () => {
  const late = `${head}test("fails", () => assert.is(1, 2));\ntest("ends", () => process.exit(7));\ntest.run();\n`;
  const { summary, text } = await run(
    { "test/a.test.ts": good, "test/b.test.ts": late, "test/c.test.ts": good, "test/d.test.ts": good },
    { files: ["test/c.test.ts", "test/b.test.ts", "test/a.test.ts"], stopAtFirst: true },
  );
  assert.equal(summary, { files: 2, passed: 1, failed: 1, skipped: 0, failing: ["test/b.test.ts"] });
  assert.match(text, "a test failed");
});

test("no file begins once the CPU seconds are spent", async () => {
  const { summary } = await run({ "test/a.test.ts": good, "test/b.test.ts": good }, { cpuSeconds: 0 });
  assert.is(summary.files, 1);
});

const faults: Readonly<Record<string, string>> = {
  "a failing assertion": `${head}test("does not hold", () => assert.is(1, 2));\ntest.run();\n`,
  "a suite that is never run": `${head}test("holds", () => assert.is(1, 1));\n`,
  "a suite without tests": `${head}test.run();\n`,
  "a file that does not load": `${head}throw new Error("planted");\n`,
  "a test left out by only": `${head}test.only("one", () => assert.is(1, 1));\ntest("two", () => {});\ntest.run();\n`,
  "a hook that fails before the suite":
    `${head}test.before(() => { throw new Error("planted"); });\n` +
    'test("holds", () => assert.is(1, 1));\n' +
    "test.run();\n",
  "a process that ends": `${head}test("ends", () => process.exit(0));\ntest.run();\n`,
  "an error outside every test":
    `${head}const later = () => setTimeout(() => { throw new Error("planted"); }, 1);\n` +
    'test("throws later", () => new Promise(later));\n' +
    "test.run();\n",
  "a promise nobody waits for":
    `${head}const later = new Promise((resolve) => setTimeout(resolve, 20));\n` +
    'test("rejects", () => { void Promise.reject(new Error("planted")); return later; });\n' +
    "test.run();\n",
};

// One run for all of them, each with a file before and behind it that holds.
const names = Object.keys(faults);
const together = run(
  Object.fromEntries([
    ["test/00-good.test.ts", good],
    ...names.flatMap((name, index) => [
      [`test/${index + 10}-fault.test.ts`, faults[name] ?? ""],
      [`test/${index + 10}-good.test.ts`, good],
    ]),
  ]),
);

for (const [index, name] of names.entries()) {
  test(`${name} fails its file and no other`, async () => {
    const { summary, text } = await together;
    assert.is(summary.files, 2 * names.length + 1);
    assert.match(text, `FAIL test/${index + 10}-fault.test.ts`);
    assert.match(text, new RegExp(`^ok {3}test/${index + 10}-good.test.ts  1 passed`, "m"));
  });
}

test("a test that never ends is stopped", async () => {
  const { summary, text } = await run(
    {
      "test/a.test.ts": `${head}test("waits", () => new Promise(() => undefined));\ntest.run();\n`,
      "test/b.test.ts": good,
    },
    { fileTimeoutMs: 3_000 },
  );
  assert.equal([summary.passed, summary.failed], [1, 1], text);
  assert.match(text, "no result after 3000 ms");
});

test("cases that are skipped for want of vectors are counted, and are enough for a file", async () => {
  const ledger =
    'const row = { suite: "planted", count: 7, why: "no vectors" };\n' +
    '(globalThis[Symbol.for("sallyport.test.skipped")] ??= []).push(row);\n';
  const { summary } = await run({ "test/a.test.ts": `${head}${ledger}test.run();\n`, "test/b.test.ts": good });
  assert.equal(summary, { files: 2, passed: 1, failed: 0, skipped: 7, failing: [] });
});

const busy =
  `${head}const end = process.cpuUsage().user + 4e5;\n` +
  'test("works", () => { while (process.cpuUsage().user < end) ; });\n' +
  "test.run();\n";
const spawning =
  `${head}import { spawnSync } from "node:child_process";\n` +
  'const script = "while (process.cpuUsage().user < 4e5) ;";\n' +
  'test("works elsewhere", () => { spawnSync(process.execPath, ["-e", script]); });\n' +
  "test.run();\n";
const spent = (text: string, file: string): number =>
  Number(new RegExp(`^ +([0-9.]+) {2}test/${file}$`, "m").exec(text)?.[1] ?? Number.NaN);

test("the CPU seconds of each file are shown, and those of its children", async () => {
  const { summary, text } = await run({ "test/a.test.ts": good, "test/b.test.ts": busy, "test/c.test.ts": spawning });
  assert.is(summary.failed, 0, text);
  assert.match(text, /^CPU seconds: [0-9.]+, reference [0-9.]+; the slowest files:$/m);
  assert.ok(spent(text, "b.test.ts") >= 0.4, text);
  if (process.platform === "linux") assert.ok(spent(text, "c.test.ts") >= 0.4, text);
});

test("a run that takes more than twice the committed seconds fails, one that does not passes", async () => {
  const reference = 0.02;
  const over = await run({ "test/a.test.ts": busy }, { figure: { seconds: 0.001, reference } });
  assert.equal([over.summary.passed, over.summary.failed], [1, 1]);
  assert.match(over.text, /^FAIL CPU seconds: .* times the figure in scripts\/cpu-figure\.ts/m);
  const under = await run({ "test/a.test.ts": busy }, { figure: { seconds: 1000, reference } });
  assert.equal([under.summary.passed, under.summary.failed], [1, 0]);
});

test("no matching file is a failure", async () => {
  const { summary } = await run({ "test/helper.ts": good });
  assert.equal(summary, { files: 0, passed: 0, failed: 1, skipped: 0, failing: [] });
});

test("filters select by path", () => {
  const root = tempFolder({ "test/a.test.ts": good, "test/b/c.test.ts": good });
  assert.equal(findTestFiles(root, ["b/"]), ["test/b/c.test.ts"]);
});

test("the summary names skipped cases only where there are some", () => {
  assert.is(summaryLine({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assert.is(summaryLine({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});

test.run();
