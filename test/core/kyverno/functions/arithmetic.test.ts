import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arithmeticFunctions } from "../../../../core/kyverno/functions/arithmetic.ts";
import { fails, holds, query } from "./query.ts";

const test = suite("core/kyverno/functions/arithmetic");

test("numbers, quantities and durations among themselves", () => {
  assert.is(arithmeticFunctions.length, 7);
  holds([
    ["add(`4`, `2`)", 6],
    ["add('10Mi', '0')", "10Mi"],
    ["add('1h', '1h30s')", "2h0m30s"],
    ["subtract('1.5h', '24h')", "-22h30m0s"],
    ["subtract('0', '7n')", "-7n"],
    ["multiply('1h', `2.5`)", "2h30m0s"],
    ["multiply(`2`, '1Gi')", "2Gi"],
    ["multiply(`0.1`, '1')", "100m"],
    ["divide('1Gi', `3`)", "357913941"],
    ["divide('100u', '1k')", 1e-7],
    ["divide('12', '1.25')", 9.6],
    ["divide('1h', `0.333`)", "3h0m10.81081081s"],
    ["divide('1h', '24h')", 1 / 24],
    ["divide('2h', `1e-9`)", "-2562047h47m16.854775808s"],
    ["divide(`10`, `4`)", 2.5],
    ["modulo('1Gi', '1000')", "824"],
    ["modulo('-7', '3')", "-1"],
    ["modulo(`8080`, `1000`)", 80],
    ["modulo('250ms', '1µs')", "0s"],
    ["sum(`[1, 2.5]`)", 3.5],
    ['sum(`["1Gi", "512Mi"]`)', "1536Mi"],
    ['sum(`[{"a": 1}]`)', { a: 1 }],
  ]);
});

test("what does not go together, and zero", () => {
  fails([
    "add('1h', '90m')",
    "add(`1`, '1')",
    "add('1h', `1`)",
    "add(`null`, `1`)",
    "add('NaN', '1')",
    "add('1h1', '1h')",
    "multiply('1h', '1h')",
    "multiply('kiwi', `2`)",
    "multiply('1', to_number('NaN'))",
    "divide('1', '0')",
    "divide('1h', '0s')",
    "divide(`1`, `0`)",
    "modulo(`1`, `0`)",
    "modulo('1h', '0s')",
    "modulo(`2.5`, `1`)",
    "modulo('9223372036854775807', '1')",
    "modulo('1.5', '1')",
    "sum(`[]`)",
    "sum(`[1, null]`)",
    "sum(items(`{\"a\": 1}`, 'k', 'v'))",
    "divide(`1e308`, `1e-308`)",
  ]);
});

test("rounding half away from zero, by a power of ten that Go computes", () => {
  holds([
    ["round(`9.995`, `2`)", 9.99],
    ["round(`2.675`, `2`)", 2.68],
    ["round(`-2.5`, `0`)", -3],
    ["round(`5.5`, `0`)", 6],
    ["round(`0.49999999999999994`, `0`)", 0],
    ["round(`1.23456789`, `8`)", 1.23456789],
    ["to_string(round(`-0.4`, `0`))", "-0"],
  ]);
  fails([
    "round(`1.1`, `400`)",
    "round(`1e300`, `10`)",
    "round(`5.5`, `-1`)",
    "round(`5.5`, `1.5`)",
    "round(`1`, `1e19`)",
  ]);
  assert.is(query("round(`1`, `300`)"), 1);
});

test.run();
