import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkPackages } from "../../scripts/check-packages.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-packages");
const versions = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "1.0.0"]));
const packageWith = (
  dev: readonly string[],
  more: object = { optionalDependencies: versions(["better-sqlite3"]) },
) => ({
  "package.json": JSON.stringify({ devDependencies: versions(dev), scripts: { go: "tool --now" }, ...more }),
});
const source = {
  "core/a.ts": 'import { a } from "@scope/a/deep.js";\nimport { readFileSync } from "node:fs";\nimport "#codecs";\n',
  "cli/b.ts": 'import type { B } from "better-sqlite3";\nexport const b = () => import("b");\n',
  "test/c.test.ts": 'import c from "c";\n',
};
const faultsWith = (files: Readonly<Record<string, string>>, waiting: Readonly<Record<string, string>> = {}) =>
  checkPackages(tempFolder({ ...source, ...files }), waiting).faults;
const all = ["@scope/a", "b", "c"];

test("the project's own packages are used or wait", () => assert.equal(checkPackages(projectRoot).faults, []));

test("packages that are imported, also when asked for, their types, and programs of scripts are used", () =>
  assert.equal(faultsWith(packageWith([...all, "@types/c", "@types/node", "tool"])), []));

test("a package that nothing imports is a fault, unless it waits", () => {
  assert.match(faultsWith(packageWith([...all, "d"])).join(), /imports d /);
  assert.match(faultsWith(packageWith([...all, "@types/d"])).join(), /imports @types\/d /);
  assert.equal(faultsWith(packageWith([...all, "d"]), { d: "the webhook" }), []);
});

test("a package that ships and is no dependency is a fault", () =>
  assert.match(faultsWith(packageWith(["@scope/a", "c"])).join(), /b is imported/));

test("a bundled package that would be installed is a fault, and a native one that is not optional", () => {
  const optional = versions(["better-sqlite3"]);
  const both = { optionalDependencies: optional, dependencies: versions(["b"]) };
  assert.match(faultsWith(packageWith(all, both)).join(), /b would be installed and is bundled/);
  assert.match(faultsWith(packageWith(all, { dependencies: optional })).join(), /better-sqlite3 is optional/);
});

test("a native package that nothing imports is a fault", () =>
  assert.match(faultsWith({ ...packageWith(all), "cli/b.ts": 'import "b";\n' }).join(), /imports better-sqlite3/));

test("a package that waits no longer is a fault", () => {
  assert.is(faultsWith(packageWith(all), { b: "the webhook" }).length, 1);
  assert.is(faultsWith(packageWith(all), { d: "the webhook" }).length, 1);
});

test("seeing no import is a fault", () =>
  assert.is(checkPackages(tempFolder(packageWith([], {})), {}).faults.length, 1));

test("npm publish has nothing to correct and nothing to warn of, but that nobody is logged in", () => {
  const words = ["publish", "--dry-run", "--ignore-scripts", "--offline"];
  const { status, stderr } = spawnSync("npm", words, { cwd: projectRoot, encoding: "utf8" });
  assert.is(status, 0, stderr);
  assert.equal(
    stderr.split("\n").filter((line) => /^npm (?:warn|error)/i.test(line) && !line.includes("logged in")),
    [],
  );
});

test.run();
