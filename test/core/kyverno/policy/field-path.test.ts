import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toFieldPath } from "../../../../core/kyverno/policy/field-path.ts";

const test = suite("core/kyverno/policy/field-path");

test("names, indexes, names that need quotes, the document", () => {
  assert.is(toFieldPath("/spec/rules/0/match"), "spec.rules[0].match");
  assert.is(toFieldPath("/metadata/annotations/a.b~1c~0d"), 'metadata.annotations["a.b/c~d"]');
  assert.is(toFieldPath(""), "the document");
});

test.run();
