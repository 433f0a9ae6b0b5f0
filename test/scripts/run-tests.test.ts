import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findTestFiles, runTests, summaryLine } from "../../scripts/run-tests.ts";
import { linkPackages, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/run-tests");
const head = 'import { suite } from "uvu";\nimport * as assert from "uvu/assert";\nconst test = suite("planted");\n';
const good = `${head}test("holds", () => assert.is(1, 1));\ntest.run();\n`;

async function run(
  files: Readonly<Record<string, string>>,
  options: { readonly fileTimeoutMs?: number; readonly filters?: readonly string[] } = {},
) {
  const root = tempFolder(files);
  linkPackages(root);
  let text = "";
  const summary = await runTests({ root, jobs: 1, ...options, write: (part) => (text += part) });
  return { summary, text };
}

test("counts what passed", async () => {
  const { summary } = await run({ "test/a.test.ts": good, "test/b/c.test.ts": good });
  assert.equal(summary, { files: 2, passed: 2, failed: 0, skipped: 0 });
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
    `${head}test("throws later", () => new Promise(() => setTimeout(() => { throw new Error("planted"); }, ` +
    "1)));\n" +
    "test.run();\n",
  "a promise nobody waits for":
    `${head}test("rejects", () => { void Promise.reject(new Error("planted")); return new Promise((resolve) => ` +
    "setTimeout(resolve, 20)); });\n" +
    "test.run();\n",
};

for (const [name, source] of Object.entries(faults)) {
  test(`${name} fails its file and no other`, async () => {
    const { summary, text } = await run({
      "test/a.test.ts": good,
      "test/fault.test.ts": source,
      "test/z.test.ts": good,
    });
    assert.is(summary.files, 3);
    assert.ok(summary.failed >= 1, text);
    assert.match(text, "FAIL test/fault.test.ts");
    assert.match(text, /ok {3}test\/a.test.ts/);
    assert.match(text, /ok {3}test\/z.test.ts/);
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
    '(globalThis[Symbol.for("sallyport.test.skipped")] ??= []).push({ suite: "planted", count: 7, why: "no ' +
    'vectors" });\n';
  const { summary } = await run({ "test/a.test.ts": `${head}${ledger}test.run();\n`, "test/b.test.ts": good });
  assert.equal(summary, { files: 2, passed: 1, failed: 0, skipped: 7 });
});

test("no matching file is a failure", async () => {
  const { summary } = await run({ "test/helper.ts": good });
  assert.equal(summary, { files: 0, passed: 0, failed: 1, skipped: 0 });
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
