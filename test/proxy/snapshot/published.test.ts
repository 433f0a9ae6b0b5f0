import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { readPublished, writePublished } from "../../../proxy/snapshot/published.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/snapshot/published");

test("what was written is read; a damaged number is not taken for none", () => {
  const folder = temporaryFolder();
  assert.is(readPublished(folder, defaultLimits), undefined);
  const last = { sequence: 7, created: "2026-11-30T06:00:00.000Z" };
  writePublished(folder, last);
  assert.equal(readPublished(folder, defaultLimits), last);
  for (const text of [
    "",
    "{}",
    '{"sequence":0,"created":"2026-11-30T06:00:00Z"}',
    '{"sequence":1,"created":"x"}',
    "x".repeat(5000),
  ]) {
    writeFileSync(join(folder, "published.json"), text);
    throwsCode(["mirror-corrupt"], () => readPublished(folder, defaultLimits));
  }
});

test.run();
