import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goJson } from "../../../../core/jmespath/go-text.ts";
import { resolveReferences } from "../../../../core/kyverno/rule/references.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/rule/references");

test("a document without references is the same document", () => {
  const document = { a: ["x"] };
  assert.is(resolveReferences(document), document);
});

test("absolute and relative references", () => {
  const resolved = resolveReferences({
    a: "x",
    b: { c: "$(/a)", d: "p-$(./../e)", e: "y" },
    f: "$(<=/n)",
    n: 5n,
    s: "$(<./../a)",
  });
  assert.is(goJson(resolved), goJson({ a: "x", b: { c: "x", d: "p-y", e: "y" }, f: "<=5", n: 5n, s: "<x" }));
});

test("an escaped reference is text", () => assert.equal(resolveReferences(["\\$(x)"]), ["$(x)"]));

test("what leads nowhere, or to no text, is unresolved", () => {
  throwsCode("unresolved", () => resolveReferences({ a: "$(/nope)" }));
  throwsCode("unresolved", () => resolveReferences({ a: "$(/b)", b: [] }));
  throwsCode("unresolved", () => resolveReferences({ a: "$(/b/c)", b: "text" }));
});

test.run();
