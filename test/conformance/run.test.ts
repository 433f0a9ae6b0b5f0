import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tempFolder } from "../support/temp-folder.ts";
import { goldenDir, skipped, vectorsDir } from "../support/vectors.ts";
import { applyExpected, chooseSuites, runConformance, type Suite, suites } from "./run.ts";

const test = suite("conformance/run");

const result = { passed: 2, failed: [{ name: "a", why: "x" }], notes: [] };
const fake = (failed: readonly string[], passed = 1): Suite => ({
  name: "fake",
  data: ["vectors", "fake"],
  run: () => ({ passed, failed: failed.map((name) => ({ name, why: "x" })), notes: [] }),
});

test("a listed failure passes, one that passes after all fails, and other suites' rows do not count", () => {
  assert.equal(applyExpected("s", result, { "s: a": "reason" }), {
    passed: 3,
    failed: [],
    notes: ["known gap: a: reason"],
  });
  assert.equal(applyExpected("s", result, { "s: b": "reason" }).failed, [
    { name: "a", why: "x" },
    { name: "b", why: "is listed as failing, and passes" },
  ]);
  assert.equal(applyExpected("s", result, { "t: a": "reason" }), result);
});

test("suites are chosen by name and family", () => {
  assert.is(chooseSuites([]), suites);
  assert.equal(
    chooseSuites(["golden", "merkle"]).map(({ name }) => name),
    [
      "golden-jmespath",
      "golden-conditions",
      "golden-match",
      "golden-images",
      "golden-wildcards",
      "golden-autogen",
      "merkle",
    ],
  );
  assert.equal(
    chooseSuites(["sigstore"]).map(({ name }) => name),
    ["sigstore", "sigstore-client"],
  );
  assert.throws(() => chooseSuites(["nobody"]), /no suite nobody/);
});

test("a run counts, skips suites without data, and fails a suite without cases", async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "fake"));
  const run = (suite: Suite, vectors: string | undefined) => {
    const lines: string[] = [];
    return runConformance([suite], { vectors, golden: undefined }, {}, (line) => lines.push(line)).then((count) => ({
      count,
      text: lines.join(""),
    }));
  };
  assert.equal((await run(fake([], 3), folder)).count, { passed: 3, failed: 0, skipped: 0 });
  const failing = await run(fake(["a"], 3), folder);
  assert.equal(failing.count, { passed: 3, failed: 1, skipped: 0 });
  assert.match(failing.text, "✗ a: x");
  assert.equal((await run(fake([], 0), folder)).count, { passed: 0, failed: 1, skipped: 0 });
  assert.equal((await run(fake([]), undefined)).count, { passed: 0, failed: 0, skipped: 1 });
  assert.equal((await run(fake([]), join(folder, "nowhere"))).count, { passed: 0, failed: 0, skipped: 1 });
});

/** The suites of a folder that other test files do not run. */
const here = (kind: "vectors" | "golden") =>
  suites.filter(
    ({ name, data }) =>
      data[0] === kind &&
      ["sigstore", "golden-verify", "golden-conditions", "golden-match", "golden-images", "golden-wildcards"].includes(
        name,
      ),
  );

for (const kind of ["vectors", "golden"] as const) {
  const folder = kind === "vectors" ? vectorsDir() : goldenDir();
  if (folder === undefined) skipped("conformance/run", here(kind).length, `SALLYPORT_${kind.toUpperCase()} is not set`);
  else
    for (const chosen of here(kind))
      test(chosen.name, async () => {
        const lines: string[] = [];
        const { passed, failed } = await runConformance([chosen], { vectors: folder, golden: folder }, {}, (line) =>
          lines.push(line),
        );
        assert.is(failed, 0, lines.join(""));
        assert.ok(passed > 0);
      });
}

test.run();
