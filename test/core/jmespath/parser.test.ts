import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseExpression } from "../../../core/jmespath/parser.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/jmespath/parser");

const parse = (expression: string) => parseExpression(expression, defaultLimits);
const field = (name: string) => ({ kind: "field", name });

test("chains are flat and keep their literals", () => {
  assert.equal(parse("a.b[0].c"), {
    kind: "chain",
    nodes: [field("a"), field("b"), { kind: "index", index: 0 }, field("c")],
  });
  assert.equal(parse("@.a"), field("a"));
  assert.equal(parse("a || b || 'c'"), {
    kind: "or",
    nodes: [field("a"), field("b"), { kind: "literal", value: "c" }],
  });
  assert.equal(parse('`{"k": [1]}`'), { kind: "literal", value: Object.assign(Object.create(null), { k: [1] }) });
  assert.equal(parse('"let"'), field("let"));
});

test("precedence: ! binds tighter than a dot, a projection takes what follows", () => {
  assert.equal(parse("!a.b"), { kind: "chain", nodes: [{ kind: "not", node: field("a") }, field("b")] });
  assert.equal(parse("a[*].b"), { kind: "projection", left: field("a"), right: field("b") });
  assert.equal(parse("a.b[*]"), {
    kind: "chain",
    nodes: [field("a"), { kind: "projection", left: field("b"), right: { kind: "current" } }],
  });
  assert.equal(parse("a && b == c"), {
    kind: "and",
    nodes: [field("a"), { kind: "comparison", operator: "EQ", left: field("b"), right: field("c") }],
  });
});

test("functions take what go-jmespath takes", () => {
  const call = { kind: "call", name: "f", args: [field("a"), field("b")] };
  for (const expression of ["f(a, b)", "f(a b)", "f(a, b,)", "f ( a , b )"]) assert.equal(parse(expression), call);
});

test("what the language does not have is malformed", () => {
  for (const expression of [
    "",
    " ",
    "a.",
    ".a",
    "a..b",
    "a b",
    "(a",
    "a)",
    "()",
    "[a,]",
    "[,]",
    "{a}",
    "{'a': b}",
    "a.(b)",
    "a[*].@",
    "a['1']",
    "a[`1`]",
    "a[1.0]",
    "a[:::]",
    "| a",
    "a |",
    "&",
    "1",
    "a * b",
    "f(a",
    '"f"(a)',
    "@(a)",
    "sort_by(p, &-1)",
    "a <> b",
    "a.'b'",
  ]) {
    throwsCode("malformed", () => parse(expression));
  }
});

test("a long chain needs no deep stack", () => {
  const tree = parse(`a${".b".repeat(20_000)}`);
  assert.is(tree.kind === "chain" && tree.nodes.length, 20_001);
  const pipes = parse(`a${"|b".repeat(20_000)}`);
  assert.is(pipes.kind === "pipe" && pipes.nodes.length, 20_001);
});

test.run();
