import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toFailureJson } from "../../../core/decide/result-json.ts";

const test = suite("core/decide/result-json");

test("a failure names its question by the canonical text", () => {
  const question = { kind: "tag", repository: "ghcr.io/a/b", tag: "1" } as const;
  assert.equal(toFailureJson({ check: "image", code: "not-in-mirror", reason: "r", stage: 3, question }), {
    check: "image",
    code: "not-in-mirror",
    reason: "r",
    subject: undefined,
    question: "tag ghcr.io/a/b 1",
    claim: undefined,
  });
});

test("a failure that rests on a claim has it", () => {
  const claim = { scope: "ghcr.io/a/b", at: "2026-01-01T00:00:00Z", from: "mirror add x --complete=repository" };
  assert.is(toFailureJson({ check: "image.tag", code: "image-not-found", reason: "r", stage: 0, claim }).claim, claim);
});

test.run();
