import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderProblem, toProblem } from "../../../cli/render/problem.ts";
import { EngineError } from "../../../core/errors.ts";

const test = suite("cli/render/problem");

test("has the fixed shape, a line for each part", () => {
  assert.is(
    renderProblem({
      code: "no-trust",
      what: "no trust root for\n  rekor.corp",
      why: "only rekor.sigstore.dev is there",
      fix: "sallyport trust import corp-root.json",
    }),
    "error no-trust: no trust root for rekor.corp\n" +
      "  why:  only rekor.sigstore.dev is there\n" +
      "  fix:  sallyport trust import corp-root.json\n",
  );
  assert.is(renderProblem({ code: "malformed", what: "bad" }), "error malformed: bad\n");
});

test("the reason of an error is its subject and its causes", () => {
  const error = new EngineError("mirror-corrupt", "a row is damaged", {
    subject: "row 7",
    cause: new Error("checksum", { cause: new Error("disk") }),
  });
  assert.is(toProblem(error).why, "row 7: checksum: disk");
  assert.is(toProblem(new EngineError("over-limit", "x")).why, undefined);
});

test("what came from outside does not write to the terminal", () => {
  assert.is(
    renderProblem({ code: "malformed", what: "a\u001b[31mb\r\nc\u202e" }),
    "error malformed: a\\u{1b}[31mb c\\u{202e}\n",
  );
});

test.run();
