import { existsSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/mirror/mirror");
const question = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;

test("a mirror open for reading has no writer", () => {
  const folder = writtenMirror(() => undefined);
  reading(folder, (mirror) => assert.is(throwsCode("invalid-usage", () => mirror.writer()).subject, folder));
});

test("closing twice is harmless, and lets the next writer in", () => {
  const folder = temporaryFolder();
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  mirror.close();
  mirror.close();
  openMirror(folder, { mode: "write", limits: defaultLimits }).close();
});

test("while a reader is there the file stays in its journal mode, and comes to rest with the next writer", () => {
  const folder = temporaryFolder();
  const writing = openMirror(folder, { mode: "write", limits: defaultLimits });
  const reader = openMirror(folder, { mode: "read", limits: defaultLimits });
  writing.writer().setAnswer(question, { state: "absent", ...origin });
  assert.is(reader.knowledge().answer(question)?.state, "absent");
  writing.close();
  assert.is(reader.knowledge().answer(question)?.state, "absent");
  reader.close();
  openMirror(folder, { mode: "write", limits: defaultLimits }).close();
  assert.not(existsSync(join(folder, "mirror.db-wal")));
});

test("a snapshot returns what its body does and throws what it throws", () => {
  reading(
    writtenMirror(() => undefined),
    (mirror) => {
      assert.is(
        mirror.snapshot(() => 7),
        7,
      );
      assert.throws(
        () =>
          mirror.snapshot(() => {
            throw new RangeError("body");
          }),
        "body",
      );
    },
  );
});

test.run();
