import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readingArchive } from "../../../core/archive/corrupt.ts";
import { EngineError } from "../../../core/errors.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/archive/corrupt");
const failing = (code: "malformed" | "over-limit", subject?: string) =>
  readingArchive("the list", () => {
    throw new EngineError(code, "why", { subject });
  });

test("what is malformed is an archive that is corrupt, and the place stays", () => {
  const { message, subject } = throwsCode("archive-corrupt", () => failing("malformed", "/a/b"));
  assert.is(message, "why (/a/b)");
  assert.is(subject, "the list");
  throwsCode("over-limit", () => failing("over-limit"));
});

test("a bug keeps flying", () => {
  assert.throws(() => readingArchive("x", () => (undefined as unknown as { a: { b: 1 } }).a.b), /undefined/);
});

test.run();
