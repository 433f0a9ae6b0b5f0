import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Problem, renderProblem, toProblem } from "../../../cli/render/problem.ts";
import { EngineError } from "../../../core/errors.ts";

const test = suite("cli/render/problem");
const show = (problem: Problem, width = 80): string => renderProblem(problem, { width, unicode: true });

test("has the fixed shape, a line for each part", () => {
  assert.is(
    show({
      code: "no-trust",
      what: "no trust root for\n  rekor.corp",
      why: "only rekor.sigstore.dev is there",
      fix: "sallyport trust import corp-root.json",
    }),
    "error no-trust: no trust root for rekor.corp\n" +
      "  why:  only rekor.sigstore.dev is there\n" +
      "  fix:  sallyport trust import corp-root.json\n",
  );
  assert.is(show({ code: "malformed", what: "bad" }), "error malformed: bad\n");
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
    show({ code: "malformed", what: "a\u001b[31mb\r\nc\u202e" }),
    "error malformed: a\\u{1b}[31mb c\\u{202e}\n",
  );
});

test("long parts go on below themselves; a command stays whole, or a shell joins its lines", () => {
  const fix = "bring it in: `sallyport mirror add --store STORE IMAGE=LAYOUT`; with `--complete` it is all there is";
  assert.is(
    show({ code: "not-in-mirror", what: "it is not known", why: "one two three four five six", fix }, 60),
    [
      "error not-in-mirror: it is not known",
      "  why:  one two three four five six",
      "  fix:  bring it in:",
      "        sallyport mirror add --store STORE IMAGE=LAYOUT;",
      "        with --complete it is all there is",
      "",
    ].join("\n"),
  );
  const long = `sallyport verify-attestation --type https://slsa.dev/provenance/v1 ${"registry.example/shop/app"}`;
  const lines = show({ code: "no-signature", what: "x", fix: `do: \`${long}\`, now` }, 60).split("\n");
  const copied = lines.join("\n").replaceAll(/ \\\n\s*/g, " ");
  assert.match(copied, `\n        ${long}, now\n`);
  assert.ok(
    lines.every((line) => line.length <= 60),
    lines.join("\n"),
  );
});

test.run();
