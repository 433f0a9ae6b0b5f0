import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeText, parsePattern } from "../../../../core/kyverno/functions/text-pattern.ts";
import { compileRe2 } from "../../../../core/patterns/re2.ts";
import { Run } from "../../../../core/jmespath/run.ts";
import { throwsCode } from "../../../support/assert.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/functions/text-pattern");

let state = 1;
const next = (): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return state / 0x80000000;
};
const make = (pattern: string): string =>
  makeText(parsePattern(pattern, defaultLimits), next, new Run(new Map(), defaultLimits, { steps: 100_000 }));

test("what is made matches", () => {
  for (const pattern of [
    "abc",
    "[a-z]{6}",
    "(ab|cd)?x+",
    "[^a-y]{3}",
    "[[:alpha:]_-]{2,5}",
    "[[:^digit:]]{4}",
    "\\.\\x41\\x{1F600}\\101",
    "a*b{0}c",
    "^x$",
    ".{5}",
    "()|a",
    "[]a]",
    "[a-]{3}",
    "é{2}",
    "\\n",
  ]) {
    const expression = compileRe2(`^(?:${pattern})$`, defaultLimits);
    for (let round = 0; round < 10; round++) assert.ok(expression.test(make(pattern)), pattern);
  }
});

test("the syntax has nothing of Perl's", () => {
  for (const pattern of [
    "[",
    "(?=a)",
    "(?:a)",
    "\\d",
    "\\pL",
    "\\b",
    "[\\d]",
    "(",
    ")",
    "*",
    "a{1001}",
    "[z-a]",
    "[[:nope:]]",
    "\\",
  ])
    throwsCode("malformed", () => parsePattern(pattern, defaultLimits));
  throwsCode("over-limit", () => parsePattern("a".repeat(20_000), defaultLimits));
});

test("work is bounded", () => {
  throwsCode(["over-budget", "malformed"], () => make("((a{100}){10}){2}*"));
  throwsCode("over-budget", () =>
    makeText(
      parsePattern("(((a*)*)*)*", defaultLimits),
      () => 0.99,
      new Run(new Map(), defaultLimits, { steps: 100_000 }),
    ),
  );
});

test.run();
