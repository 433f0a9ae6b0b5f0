import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isAtLeast, readRuntimeVersion } from "../../../cli/node-config/node-config.ts";
import { version } from "./printed.ts";

const test = suite("cli/node-config/node-config");

test("versions as programs print them", () => {
  const rows: readonly (readonly [string, readonly number[]])[] = [
    ["2.1.6", [2, 1, 6]],
    ["v1.30.4+k3s1", [1, 30, 4]],
    ["v2.2.0-rc.1", [2, 2, 0]],
    ["1.7.28~ds1", [1, 7, 28]],
    ["1.7", [1, 7, 0]],
    ["2", [2, 0, 0]],
  ];
  for (const [text, numbers] of rows) assert.equal(readRuntimeVersion(text)?.numbers, numbers, text);
  for (const text of ["", "latest", "v", "1.x", "1.2.3 4", "99999", "1,2"])
    assert.is(readRuntimeVersion(text), undefined, text);
});

test("order", () => {
  assert.ok(isAtLeast(version("2.2.1"), 2, 2, 1));
  assert.ok(isAtLeast(version("2.10"), 2, 2, 1));
  assert.ok(isAtLeast(version("3"), 2, 2, 1));
  assert.not(isAtLeast(version("2.2"), 2, 2, 1));
  assert.not(isAtLeast(version("1.9.9"), 2, 2, 1));
});

test.run();
