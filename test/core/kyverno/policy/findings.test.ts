import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Findings } from "../../../../core/kyverno/policy/findings.ts";

const test = suite("core/kyverno/policy/findings");
const position = (pointer: string) => ({ file: "f", line: pointer.length, column: 1 });
const pointers = (findings: Findings): readonly string[] =>
  findings.problems(position, "p").map(({ pointer }) => pointer);

test("problems come in the order of the file, with code, policy and the field in words", () => {
  const findings = new Findings();
  findings.unsupported("/spec/type", "no");
  findings.refuse("/kind", "wrong");
  assert.equal(findings.problems(position, "p"), [
    { code: "invalid-policy", message: "kind: wrong", pointer: "/kind", policy: "p", file: "f", line: 5, column: 1 },
    {
      code: "unsupported",
      message: "spec.type: no",
      pointer: "/spec/type",
      policy: "p",
      file: "f",
      line: 10,
      column: 1,
    },
  ]);
  assert.not.ok(findings.isClean);
});

test("what follows from a fault further in is left out, siblings are not", () => {
  const first = new Findings();
  first.refuse("/a/b/keyz", "unknown");
  const second = new Findings();
  for (const pointer of ["/a/b", "/a", "/a/b/keyz", "/a/c", "/a/b/keyzz"]) second.refuse(pointer, "missing");
  second.warn("/a/c", "old");
  first.add(second);
  assert.equal(pointers(first), ["/a/c", "/a/b/keyz", "/a/b/keyzz"]);
  assert.equal(first.warnings, [{ pointer: "/a/c", message: "old" }]);
});

test("only so many are kept", () => {
  const findings = new Findings();
  for (let index = 0; index < 10_000; index++) {
    findings.refuse("/a", "x");
    findings.unsupported("/a", "x");
    findings.warn("/a", "x");
  }
  assert.is(pointers(findings).length, 200);
  assert.is(findings.warnings.length, 200);
  assert.ok(findings.isFull);
});

test.run();
