import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkExports } from "../../scripts/check-exports.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-exports");
const clean = {
  "core/index.ts": 'export { decide } from "./decide.ts";\n',
  "core/decide.ts": 'import { fold } from "./fold.ts";\nexport const decide = () => fold([]);\n',
  "core/fold.ts": "export interface Part {}\nexport const fold = (parts: readonly Part[]) => parts.length;\n",
  "cli/main.ts": 'import { decide } from "../core/index.ts";\nvoid (await import("./command.ts")).define(decide());\n',
  "cli/command.ts": "export const define = (count: number) => count;\n",
  "scripts/check.ts": "export const rules = [1];\nprocess.exitCode = rules.length;\n",
};
const faultsWith = (files: Readonly<Record<string, string>>, rows: Readonly<Record<string, string>> = {}) =>
  checkExports(tempFolder({ ...clean, ...files }), rows).faults;

test("the project's own exports are used", () => assert.equal(checkExports(projectRoot).faults, []));

test("names of the public API, types of a signature and parts of a script are used", () => {
  const report = checkExports(tempFolder(clean), {});
  assert.equal(report.faults, []);
  assert.is(report.saw, "5 exports, 0 for tests");
});

const planted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a function that nothing imports": { "core/lost.ts": "export function lost() {}\n" },
  "a function that only a test imports": {
    "core/lost.ts": "export function lost() {}\n",
    "test/core/lost.test.ts": 'import { lost } from "../../core/lost.ts";\nlost();\n',
  },
  "a function that only its own module uses": {
    "core/fold.ts": `${clean["core/fold.ts"]}export const one = () => 1;\nexport const two = () => one();\n`,
    "core/decide.ts": 'import { fold, two } from "./fold.ts";\nexport const decide = () => fold([]) + two();\n',
  },
  "a type that nothing uses": { "core/lost.ts": "export interface Lost {}\n" },
  "a type that is only passed on": {
    "core/decide.ts": `${clean["core/decide.ts"]}export type { Part } from "./fold.ts";\n`,
  },
  "a name in a comment": { "core/lost.ts": "/** lost */\nexport const lost = 1;\n" },
  "a part of a script that the script does not use": { "scripts/check.ts": "export const rules = [1];\n" },
  "one of two names": { "core/fold.ts": `${clean["core/fold.ts"]}export class Lost {}\n` },
};
for (const [name, files] of Object.entries(planted))
  test(`${name} is a fault`, () => assert.is(faultsWith(files).length, 1, faultsWith(files).join("\n")));

test("a row exempts one name, and a row without need is a fault", () => {
  const lost = { "core/lost.ts": "export const lost = 1;\n" };
  assert.equal(faultsWith(lost, { "core/lost.ts lost": "why" }), []);
  assert.is(faultsWith(lost, { "core/other.ts lost": "why" }).length, 2);
  assert.is(faultsWith({}, { "core/fold.ts fold": "why" }).length, 1);
});

test("both modules of a host's name are used where it is imported", () => {
  const files = {
    "core/decide.ts": 'import { hashes } from "#hashes";\nexport const decide = () => hashes;\n',
    "core/fold.ts": "import {};\n",
    "core/crypto/hashes.ts": "export const hashes = 1;\n",
    "proxy/host/node-hashes.ts": "export const hashes = 2;\n",
  };
  assert.equal(faultsWith(files), []);
});

test("seeing no export is a fault", () => assert.is(checkExports(tempFolder(), {}).faults.length, 1));

test.run();
