import { suite } from "uvu";
import * as assert from "uvu/assert";
import { patternFunctions } from "../../../../core/kyverno/functions/regular-expressions.ts";
import { throwsCode } from "../../../support/assert.ts";
import { fails, holds, query } from "./query.ts";

const test = suite("core/kyverno/functions/regular-expressions");

test("patterns", () => {
  assert.is(patternFunctions.length, 4);
  holds([
    ["regex_match('^1', `12`)", true],
    ["regex_match('e', `1e21`)", false],
    ["regex_replace_all('(\\w+)@(\\w+)', 'joe@kauri', '$2x$1')", "joe"],
    ["regex_replace_all('(?P<n>\\d+)', 'a12b3', '<${n}>')", "a<12>b<3>"],
    ["regex_replace_all('1', `121`, 'one')", "one2one"],
    ["regex_replace_all_literal('a*', 'baaac', '-')", "-b-c-"],
    ["regex_replace_all_literal('x', 'axb', '$$')", "a$$b"],
    ["pattern_match('ghcr.io/*/app:*', 'ghcr.io/a/b/app:1')", true],
    ["pattern_match('?', '日')", true],
    ["pattern_match('1?', `16`)", true],
    ["regex_match('16777216', `16777217`)", true],
  ]);
});

test("a pattern that does not compile is a failure of the evaluation", () => {
  fails([
    "regex_match('[', 'x')",
    "regex_match('(?=a)', 'x')",
    "regex_replace_all('a**', 'x', 'y')",
    "regex_match('a', `true`)",
    "regex_match(`1`, 'a')",
  ]);
  throwsCode("over-limit", () => query(`regex_match('${"a".repeat(20_000)}', 'x')`));
});

test.run();
