import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareVersions } from "../../../../core/kyverno/quantity/version-order.ts";
import { parseVersion } from "../../../../core/kyverno/rule/operators/version.ts";

const test = suite("core/kyverno/quantity/version-order");

// Semantic Versioning 2.0.0, clause 11.
const ascending = [
  "1.0.0-alpha",
  "1.0.0-alpha.1",
  "1.0.0-alpha.beta",
  "1.0.0-beta",
  "1.0.0-beta.2",
  "1.0.0-beta.11",
  "1.0.0-rc.1",
  "1.0.0",
  "1.2.3",
  "1.10.0",
  "2.0.0",
];
const order = (left: string, right: string): number | undefined => {
  const [first, second] = [parseVersion(left), parseVersion(right)];
  return first === undefined || second === undefined ? undefined : compareVersions(first, second);
};

for (const [index, version] of ascending.entries()) {
  test(`${version} stands where it belongs`, () => {
    for (const [other, text] of ascending.entries()) assert.is(order(version, text), Math.sign(index - other));
  });
}

test("build metadata does not count", () => assert.is(order("1.0.0+a", "1.0.0+b"), 0));

test.run();
