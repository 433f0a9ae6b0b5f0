import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseVersion } from "../../../../../core/kyverno/rule/operators/version.ts";

const test = suite("core/kyverno/rule/operators/version");

for (const text of [
  "1.2",
  "v1.2.3",
  "01.2.3",
  "1.2.3.4",
  "1.2.3-",
  "1.2.3-01",
  "1.2.3-a..b",
  "1.2.x",
  "",
  "18446744073709551616.0.0",
]) {
  test(`${text || "(empty)"} is no version`, () => assert.is(parseVersion(text), undefined));
}

test.run();
