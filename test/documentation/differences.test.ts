/** Every difference from Kyverno is a row with a reason and a test. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { projectRoot } from "../support/temp-folder.ts";

const test = suite("documentation/differences");
const text = readFileSync(join(projectRoot, "docs/kyverno-differences.md"), "utf8");
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| Kyverno |"))
  .map((line) => line.slice(2, -2).split(/ \| /));

/** Differences of parts that are not built yet: nothing to test so far. */
const waiting: readonly RegExp[] = [/^webhooks /, /imagePullSecrets/];

test("there are rows, each with four cells", () => {
  assert.ok(rows.length > 60, String(rows.length));
  for (const cells of rows) assert.is(cells.length, 4, cells.join(" | "));
});

test("each has a reason and the section of docs/spec with the rule", () => {
  for (const [left = "", , why = ""] of rows)
    assert.match(why, /^\S.+: \[[^\]]+\]\(spec\/[a-z-]+\.md#[a-z0-9-]+\)$/, left);
});

test("each names a test: golden cases, or files that are there", () => {
  for (const [left = "", , , tests = ""] of rows) {
    if (tests.trim() === "–") {
      assert.ok(
        waiting.some((pattern) => pattern.test(left)),
        left,
      );
      continue;
    }
    const cases = tests.match(/\b(?:v0|a1|v2)-\d{3}\b/g) ?? [];
    const named = [...tests.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
    assert.ok(cases.length + named.length > 0, left);
    let folder = "";
    for (const path of named) {
      const full = path.includes("/") ? path : `${folder}/${path}`;
      assert.ok(existsSync(join(projectRoot, full)), `${left}: ${full}`);
      folder = full.slice(0, full.lastIndexOf("/"));
    }
  }
});

test.run();
