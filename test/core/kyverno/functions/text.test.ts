import { suite } from "uvu";
import * as assert from "uvu/assert";
import { textFunctions } from "../../../../core/kyverno/functions/text.ts";
import { throwsCode } from "../../../support/assert.ts";
import { fails, holds, query } from "./query.ts";

const test = suite("core/kyverno/functions/text");

test("text functions", () => {
  assert.is(textFunctions.length, 12);
  holds([
    ["replace('a-b-c-d', '-', '/', `2`)", "a/b/c-d"],
    ["replace('abc', '', '.', `2`)", ".a.bc"],
    ["replace('abc', '', '.', `-1`)", ".a.b.c."],
    ["replace('aaa', 'a', 'b', `0`)", "aaa"],
    ["replace('', '', 'x', `5`)", "x"],
    ["replace_all('日本', '', '|')", "|日|本|"],
    ["replace_all('10.20', '.', '_')", "10_20"],
    ["trim('--a-b--', '-')", "a-b"],
    ["trim('aaa', 'a')", ""],
    ["trim('日a日', '日')", "a"],
    ["trim_prefix('abab', 'ab')", "ab"],
    ["split('a,b,,c', ',')", ["a", "b", "", "c"]],
    ["split('', '')", []],
    ["split('', ',')", [""]],
    ["split('a😀', '')", ["a", "😀"]],
    ["truncate('日本語', `2`)", "日本"],
    ["truncate('abc', `2.9`)", "ab"],
    ["truncate('abc', `-4`)", ""],
    ["truncate('abc', `9e18`)", "abc"],
    ["replace('aaa', 'a', 'b', `-0.5`)", "aaa"],
    ["replace('aaa', '', 'b', `-0.5`)", "aaa"],
    ["replace('aaa', 'a', 'b', `-1.5`)", "bbb"],
    ["truncate('abc', `1e19`)", ""],
    ["truncate('😀😀', `1`)", "😀"],
    ["to_boolean('TrUe')", true],
    ["to_upper('ß')", "ß"],
    ["to_lower('İ')", "i"],
    ["equal_fold('A', 'a')", true],
  ]);
  fails(["to_boolean('1')", "to_boolean('')", "split(`1`, ',')"]);
});

test("compare gives an integer that no number of JSON equals", () => {
  holds([
    ["compare('a', 'b')", -1],
    ["compare('b', 'a')", 1],
    ["compare('\uffee', '😀')", -1],
    ["compare('a', 'b') == `-1`", false],
    ["compare('a', 'b') < `0`", null],
    ["to_string(compare('a', 'a'))", "0"],
  ]);
  fails(["type(compare('a', 'b'))", "sort([compare('a', 'b')])", "add(compare('a', 'b'), `1`)"]);
});

test("paths", () =>
  holds([
    ["path_canonicalize('')", ""],
    ["path_canonicalize('///')", "/"],
    ["path_canonicalize('/a/../../b/./c//')", "/b/c"],
    ["path_canonicalize('a/../..')", ".."],
    ["path_canonicalize('a/..')", "."],
    ["path_canonicalize('../../a')", "../../a"],
    ["path_canonicalize('C:\\x\\..')", "C:\\x\\.."],
  ]));

test("results that grow too large cost too much", () => {
  throwsCode("over-budget", () => query("replace_all(@, '', @)", "x".repeat(100_000)));
});

test.run();
