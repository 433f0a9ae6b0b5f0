import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nothingKnown } from "../../../core/knowledge/knowledge.ts";

const test = suite("core/knowledge/knowledge");

test("who knows nothing answers nothing, and never changes", () => {
  assert.is(nothingKnown.answer({ kind: "key", reference: "a" }), undefined);
  assert.equal(nothingKnown.state?.(), { version: "" });
});

test.run();
