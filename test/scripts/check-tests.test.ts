import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkTests, hasRuntimeExport, mirroredTest } from "../../scripts/check-tests.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-tests");
const source = "export const f = () => 1;\n";
const mirrored = 'const test = suite("core/a");\ntest("x", f);\ntest.run();\n';
const faults = (files: Readonly<Record<string, string>>, elsewhere = {}) =>
  checkTests(tempFolder(files), elsewhere).faults;

test("mirrors the path", () => assert.is(mirroredTest("core/x509/path.ts"), "test/core/x509/path.test.ts"));

test("types, constants and re-exports are nothing to run", () => {
  assert.is(
    hasRuntimeExport(
      "export interface A {}\n" +
        "export type B = 1;\n" +
        'export { c } from "./c.ts";\n' +
        'export const d = "text";\n' +
        "export const e: number = 5;\n",
    ),
    false,
  );
  for (const text of [
    source,
    "export function f() {}",
    "export class A {}",
    "export const a = [1];",
    "export default 1;",
    "export async function f() {}",
  ])
    assert.is(hasRuntimeExport(text), true, text);
});

test("a source with its test passes", () =>
  assert.equal(faults({ "core/a.ts": source, "test/core/a.test.ts": mirrored }), []));
test("a source without a test is a fault", () =>
  assert.equal(faults({ "core/a.ts": source }), ["core/a.ts: test/core/a.test.ts is missing"]));
test("a suite that is not run is a fault", () =>
  assert.is(
    faults({ "core/a.ts": source, "test/core/a.test.ts": 'const test = suite("core/a");\ntest("x", f);\n' }).length,
    1,
  ));
test("a test file without a suite is a fault", () =>
  assert.is(faults({ "core/a.ts": source, "test/core/a.test.ts": "f();\n" }).length, 1));
test("a suite of attacks is one, and must be run", () => {
  const attacks = 'const { attack, run } = attackSuite("a");\nattack(1, "x", f);\n';
  const tree = (text: string) => ({
    "core/a.ts": source,
    "test/core/a.test.ts": mirrored,
    "test/attacks/a.test.ts": text,
  });
  assert.equal(faults(tree(`${attacks}run();\n`)), []);
  assert.equal(faults(tree(attacks)), ["test/attacks/a.test.ts: run() is missing"]);
});
test("no source at all is a fault", () => assert.is(faults({}).length, 1));

test("a row of the list stands for a test, and must be true", () => {
  const row = { "core/a.ts": { test: "test/core/b.test.ts", why: "b runs it" } };
  const tree = { "core/a.ts": source, "core/b.ts": source, "test/core/b.test.ts": mirrored };
  assert.equal(faults(tree, row), []);
  assert.is(faults({ ...tree, "test/core/a.test.ts": mirrored }, row).length, 1, "has a test of its own after all");
  assert.is(faults({ ...tree, "core/a.ts": "export interface A {}\n" }, row).length, 1, "has nothing to run");
  assert.is(faults({ "core/a.ts": source }, row).length, 1, "the named test is gone");
});

test.run();
