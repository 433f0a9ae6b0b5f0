import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exitOf, gravest, renderProblem, toProblem } from "../../../cli/render/problem.ts";
import { codes, EngineError, type ErrorCode } from "../../../core/errors.ts";

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
    subject: "tag a b",
    cause: new Error("checksum", { cause: new Error("disk") }),
  });
  assert.is(toProblem(error).why, "tag a b: checksum: disk");
  assert.is(toProblem(new EngineError("over-limit", "x")).why, undefined);
});

test("what came from outside does not write to the terminal", () => {
  assert.is(
    renderProblem({ code: "malformed", what: "a\u001b[31mb\r\nc\u202e" }),
    "error malformed: a\\u{1b}[31mb c\\u{202e}\n",
  );
});

test("exit codes are those of the table", () => {
  for (const [code, row] of Object.entries(codes)) assert.is(exitOf(code as ErrorCode), row.exit);
});

test("of several codes the gravest counts", () => {
  assert.is(gravest([]), 0);
  assert.is(gravest([0, 0]), 0);
  const order = [6, 3, 4, 5, 12, 10, 11, 13, 14, 15, 1, 0];
  for (let index = 1; index < order.length; index++)
    assert.is(gravest([order[index] ?? 0, order[index - 1] ?? 0]), order[index - 1]);
});

test.run();
