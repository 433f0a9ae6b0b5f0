import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkSelector } from "../../../../core/kyverno/policy/check-selector.ts";
import type { PolicyValue } from "../../../../core/kyverno/policy/policy.ts";
import { Findings } from "../../../../core/kyverno/policy/findings.ts";

const test = suite("core/kyverno/policy/check-selector");

function faults(selector: PolicyValue | undefined, empty?: "allowed"): readonly string[] {
  const findings = new Findings();
  checkSelector(selector, "", findings, empty);
  return findings.problems(() => ({ file: "f", line: 1, column: 1 }), undefined).map(({ pointer }) => pointer);
}
const expression = (operator: string, values?: readonly string[], key = "app"): PolicyValue => ({
  matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }],
});

const cases: readonly (readonly [name: string, selector: PolicyValue | undefined, found: readonly string[]])[] = [
  ["absent", undefined, []],
  ["empty", {}, [""]],
  ["labels", { matchLabels: { "a.b/c": "d", e: "" } }, []],
  ["a bad key", { matchLabels: { "a b": "c" } }, ["/matchLabels/a b"]],
  ["a bad prefix", { matchLabels: { "A_/b": "c" } }, ["/matchLabels/A_~1b"]],
  ["two slashes", { matchLabels: { "a/b/c": "c" } }, ["/matchLabels/a~1b~1c"]],
  ["a bad value", { matchLabels: { a: "-b" } }, ["/matchLabels/a"]],
  ["a value too long", { matchLabels: { a: "b".repeat(64) } }, ["/matchLabels/a"]],
  [
    "wildcards in labels say nothing of the rest",
    { matchLabels: { "a*": "?", "x y": "z" }, matchExpressions: [{ key: "app", operator: "Foo" }] },
    ["/matchLabels/x y", "/matchExpressions/0/operator"],
  ],
  ["In", expression("In", ["a", ""]), []],
  ["In of nothing", expression("NotIn", []), ["/matchExpressions/0"]],
  ["In of a wildcard", expression("In", ["a", "*"]), ["/matchExpressions/0/values/1"]],
  ["Exists", expression("Exists"), []],
  ["Exists with values", expression("DoesNotExist", ["a"]), ["/matchExpressions/0/values"]],
  ["an unknown operator", expression("Like", ["a"]), ["/matchExpressions/0/operator"]],
  ["a bad key of an expression", expression("Exists", undefined, "a b"), ["/matchExpressions/0/key"]],
];
for (const [name, selector, found] of cases) test(name, () => assert.equal(faults(selector), found));

test("one of namespaces may be empty", () => assert.equal(faults({}, "allowed"), []));

test("a wildcard in an expression loads where Kyverno loads it: of namespaces, beside labels with wildcards", () => {
  assert.equal(faults(expression("In", ["a", "*"]), "allowed"), []);
  assert.equal(faults(expression("NotIn", ["-b"]), "allowed"), ["/matchExpressions/0/values/0"]);
  const beside = { matchLabels: { "a*": "?" }, matchExpressions: [{ key: "app", operator: "In", values: ["*"] }] };
  assert.equal(faults(beside), []);
});

test.run();
