import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkPackages } from "../../scripts/check-packages.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-packages");
const packageWith = (...names: readonly string[]) => ({
  "package.json": JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, "1.0.0"])) }),
});
const source = {
  "core/a.ts": 'import { a } from "@scope/a/deep.js";\nimport { readFileSync } from "node:fs";\nimport "#codecs";\n',
  "cli/b.ts": 'export const b = () => import("b");\nexport { a } from "../core/a.ts";\n',
  "test/c.test.ts": 'import c from "c";\n',
};
const faultsWith = (files: Readonly<Record<string, string>>, waiting: Readonly<Record<string, string>> = {}) =>
  checkPackages(tempFolder({ ...source, ...files }), waiting).faults;

test("the project's own packages are used or wait", () => assert.equal(checkPackages(projectRoot).faults, []));

test("packages that what ships imports, also when asked for, are used", () =>
  assert.equal(faultsWith(packageWith("@scope/a", "b")), []));

test("a package that only tests import is a fault, unless it waits", () => {
  assert.match(faultsWith(packageWith("@scope/a", "b", "c")).join(), /imports c:/);
  assert.equal(faultsWith(packageWith("@scope/a", "b", "c"), { c: "the webhook" }), []);
});

test("a package that ships and is no dependency is a fault", () =>
  assert.match(faultsWith(packageWith("@scope/a")).join(), /b is imported/));

test("a package that waits no longer is a fault", () => {
  assert.is(faultsWith(packageWith("@scope/a", "b"), { b: "the webhook" }).length, 1);
  assert.is(faultsWith(packageWith("@scope/a", "b"), { d: "the webhook" }).length, 1);
});

test("seeing no import is a fault", () => assert.is(checkPackages(tempFolder(packageWith()), {}).faults.length, 1));

test.run();
