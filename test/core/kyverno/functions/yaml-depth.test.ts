import { Parser } from "yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boundedTokens } from "../../../../core/kyverno/functions/yaml-depth.ts";

const test = suite("core/kyverno/functions/yaml-depth");
const last = (text: string, depth: number): unknown => [...boundedTokens(new Parser(), text, depth)].at(-1);

test("a document within the bound comes as its tokens", () =>
  assert.is((last("[[1]]", 2) as { readonly type: string }).type, "document"));

test("collections that are open too deep end in their offset, before anything is closed", () => {
  for (const unit of ["[", "- ", "{a: ", "? "]) assert.type(last(unit.repeat(50_000), 100), "number", unit);
});

test.run();
