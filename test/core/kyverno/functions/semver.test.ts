import { suite } from "uvu";
import * as assert from "uvu/assert";
import { semverFunctions } from "../../../../core/kyverno/functions/semver.ts";
import { throwsCode } from "../../../support/assert.ts";
import { query } from "./query.ts";

const test = suite("core/kyverno/functions/semver");
const inRange = (version: string, range: string): unknown => query("semver_compare(v, r)", { v: version, r: range });

test("ranges of blang/semver", () => {
  assert.is(semverFunctions.length, 1);
  for (const [version, range, expected] of [
    ["2.5.0", ">=1.0.0 <2.0.0 || >=2.5.0", true],
    ["2.1.0", ">=1.0.0 <2.0.0 || >=2.5.0", false],
    ["1.10.0", ">1.9.0", true],
    ["1.2.3", "1.2.x", true],
    ["1.2.3", "1.x", true],
    ["1.2.3", ">1.2.x", false],
    ["1.3.0", ">1.2.x", true],
    ["1.2.9", "<=1.2.x", true],
    ["1.2.3", "!1.2.x", false],
    ["1.2.3", "!=1.2.3", false],
    ["1.2.3+b1", "1.2.3", true],
    ["1.0.0-rc.1", "<1.0.0", true],
    ["1.0.0-rc.2", ">1.0.0-rc.1", true],
    ["1.0.0-a", ">1.0.0-1", true],
    ["1.0.0-a.b", ">1.0.0-a", true],
    ["1.2.3", ">= 1.0.0", true],
    ["bad", ">=0.0.0", true],
    ["01.2.3", "0.0.0", true],
    ["18446744073709551616.0.0", "0.0.0", true],
    ["1.2.3-01", "0.0.0", true],
    ["1.2.3+", "0.0.0", true],
  ] as const) {
    assert.is(inRange(version, range), expected, `${version} ${range}`);
  }
});

test("invalid ranges", () => {
  for (const range of [
    "",
    "*",
    "||",
    "1.2.3 ||",
    "1.2",
    ">=v1.0.0",
    "~1.2.0",
    ">=1.0.0,<2.0.0",
    ">1.x.1",
    "> bad",
    "1.2.3-x",
    "9.9.9 || || 1.2.3",
  ])
    throwsCode("unresolved", () => inRange("1.2.3", range));
});

test.run();
