import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkWords } from "../../../cli/render/check-words.ts";
import { readSources } from "../../../scripts/source-text.ts";
import { projectRoot } from "../../support/temp-folder.ts";

const test = suite("cli/render/check-words");

/** Dotted names of checks in the engine: of its pipeline, of failures, and of what has no answer. */
function checksOfTheEngine(): readonly string[] {
  const names = new Set<string>();
  for (const { path, text } of readSources(projectRoot, ["core"])) {
    for (const [, name = ""] of text.matchAll(/check: "([a-z][\w-]*\.[\w.-]+)"/g)) names.add(name);
    for (const [, name = ""] of text.matchAll(/toFailure\([^"]*"([a-z][\w-]*\.[\w.-]+)"/g)) names.add(name);
    if (path.endsWith("core/verify/verify-entity.ts"))
      for (const [, name = ""] of text.matchAll(/^ {2}\["([\w.-]+)", \(run\)/gm)) names.add(name);
    if (path.endsWith("core/knowledge/question.ts"))
      for (const [, kinds = ""] of text.matchAll(/readonly kind: ((?:"[\w-]+"(?: \| )?)+);/g))
        for (const [, kind = ""] of kinds.matchAll(/"([\w-]+)"/g)) names.add(`question.${kind}`);
  }
  return [...names];
}

test("every check of the engine is called by a word in a tree, without dots", () => {
  const checks = checksOfTheEngine();
  for (const known of ["entity.find", "signature.cause", "image.tag", "attestation.conditions", "question.blob"])
    assert.ok(checks.includes(known), known);
  for (const check of checks) assert.not.match(checkWords(check), /\./, check);
});

test("a check that is named in words keeps its name", () => {
  assert.equal(["identity", "constructor", "signature.cause"].map(checkWords), [
    "identity",
    "constructor",
    "signature",
  ]);
});

test.run();
