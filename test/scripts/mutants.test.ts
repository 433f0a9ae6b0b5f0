import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkMutants } from "../../scripts/check-mutants.ts";
import { type Fault, plant, tableProblems } from "../../scripts/mutants/fault.ts";
import { faults as table } from "../../scripts/mutants/faults.ts";
import { ModuleGraph } from "../../scripts/mutants/module-graph.ts";
import { type MutantOptions, problemOf, runMutants } from "../../scripts/mutants/run.ts";
import { chooseFor } from "../../scripts/mutants/sightings.ts";
import { linkPackages, projectRoot, tempFolder, writeInto } from "../support/temp-folder.ts";

const test = suite("scripts/mutants");

const testOf = (imported: string, assertion: string): string =>
  'import { suite } from "uvu";\nimport * as assert from "uvu/assert";\n' +
  `import { ${imported} } from "../../core/a.ts";\n` +
  `const test = suite("planted");\ntest("holds", () => ${assertion});\ntest.run();\n`;

/** A project in small: two functions, a test of one, an attack on it, and golden sets that see the other. */
const project = {
  "package.json":
    '{ "type": "module", "imports": { "#host": { "node": "./core/node.ts", "default": "./core/b.ts" } } }',
  "core/a.ts": 'export const one = (): number => 1;\nexport const two = (): number => 2;\nexport { b } from "#host";\n',
  "core/b.ts": "export const b = 3;\n",
  "core/node.ts": "export const b = 3;\n",
  "core/lone.ts": "export const lone = 4;\n",
  "test/core/a.test.ts": testOf("one", "assert.is(one(), 1)"),
  "test/core/far.test.ts": testOf("b", "assert.is(b, 3)"),
  "test/attacks/a.test.ts": testOf("one", "assert.is(one(), 1)"),
  "test/conformance/golden-verify.ts": 'export { two } from "../../core/a.ts";\n',
  "test/conformance/run.ts":
    'import { two } from "./golden-verify.ts";\n' +
    'const holds = two() === 2;\nprocess.stdout.write(`${holds ? "ok  " : "FAIL"} golden-verify 1\\n`);\n' +
    "process.exitCode = holds ? 0 : 1;\n",
};

const fault = (name: string, from: string, to: string, more: Partial<Fault> = {}): Fault => ({
  name,
  file: "core/a.ts",
  from,
  to,
  ...more,
});
const first = fault("first", "number => 1", "number => 2");
const second = fault("second", "number => 2", "number => 3", { signature: true });
const unseen = fault("unseen", "lone = 4", "lone = 5", { file: "core/lone.ts" });

function world(faults: readonly Fault[], files: Readonly<Record<string, string>> = {}) {
  const root = tempFolder({ ...project, ...files });
  linkPackages(root);
  const folder = join(tempFolder(), "copy");
  const run = async (names: readonly string[] = [], options: Partial<MutantOptions> = {}) => {
    let text = "";
    const write = (part: string) => {
      text += part;
    };
    const resultFile = join(root, ".mutants/results.json");
    const all = { root, faults, names, folder, resultFile, write, ...options };
    return { ...(await runMutants(all)), text };
  };
  return { root, folder, run };
}

/** The cells of a line: who saw the fault. */
const cells = (text: string, name: string): readonly string[] =>
  (new RegExp(`^(?:FAIL )?${name} +(.*?) +[\\d.]+ s$`, "m").exec(text)?.[1] ?? "").split(/ +/);

test("a fault replaces a text that is there exactly once", () => {
  assert.is(plant(first, project["core/a.ts"]).includes("one = (): number => 2"), true);
  assert.is(plant(fault("dollar", "=> 1", "=> $&"), "a => 1").includes("$&"), true);
  for (const text of ["", "number => 1 number => 1"]) assert.throws(() => plant(first, text), /times, not once/);
  assert.throws(() => plant(fault("same", "a", "a"), "a"), /changes nothing/);
});

test("a table with a fault that does not fit, or one name twice, has problems", () => {
  const root = tempFolder(project);
  assert.equal(tableProblems(root, [first, second, unseen]), []);
  assert.is(tableProblems(root, [first, first]).length, 1);
  assert.is(tableProblems(root, [fault("gone", "nowhere", "x")]).length, 1);
  assert.is(tableProblems(root, [fault("no-file", "a", "b", { file: "core/none.ts" })]).length, 1);
  assert.is(checkMutants(root, [first]).faults.length, 1);
  assert.equal(checkMutants(projectRoot).faults, []);
  assert.ok(table.filter(({ signature }) => signature === true).length >= 30);
});

test("suites are those that reach the changed file, its own test first", () => {
  const graph = new ModuleGraph(tempFolder(project));
  const near = chooseFor(first, graph);
  assert.equal(near.tests, ["test/core/a.test.ts", "test/core/far.test.ts"]);
  assert.equal(near.attacks, ["test/attacks/a.test.ts"]);
  assert.equal(near.golden, ["golden-verify"]);
  for (const file of ["core/b.ts", "core/node.ts"])
    assert.is(chooseFor(fault("b", "3", "4", { file }), graph).tests.length, 2, file);
  assert.equal(chooseFor(unseen, graph), { tests: [], attacks: [], golden: [] });
});

test("what nobody sees lives, and golden-verify must see what is on a signature's path", () => {
  const tests = "test/core/a.test.ts";
  assert.is(problemOf(first, { tests }), undefined);
  assert.match(problemOf(first, {}) ?? "", /lives/);
  assert.match(problemOf(second, { tests }) ?? "", /golden-verify/);
  assert.is(problemOf(second, { tests, golden: "golden-verify" }), undefined);
});

test("a run says who saw each fault, and leaves the tree and no copy", async () => {
  const { root, folder, run } = world([first, second, unseen]);
  const { text, problems } = await run();
  assert.equal(cells(text, "first"), ["core/a", "attacks/a", "-"]);
  assert.equal(cells(text, "second"), ["-", "-", "golden-verify"]);
  assert.equal(cells(text, "unseen"), ["-", "-", "-"]);
  assert.equal(problems, ["unseen lives"]);
  assert.is(readFileSync(join(root, "core/a.ts"), "utf8"), project["core/a.ts"]);
  assert.not.ok(existsSync(folder));
});

test("one fault can be named; a name that is no fault's is refused", async () => {
  const { run } = world([first, second, unseen]);
  const { text, problems, seen } = await run(["first"]);
  assert.equal([problems, seen], [[], 1]);
  assert.not.match(text, /second/);
  let refusal = "";
  await run(["nobody"]).catch((error: Error) => (refusal = error.message));
  assert.match(refusal, /nobody/);
});

test("a second run takes the results of the first, until an edit", async () => {
  const { root, run } = world([first, unseen]);
  assert.match((await run()).text, /; 0 results from an earlier run/);
  assert.match((await run()).text, /; 2 results from an earlier run/);
  writeInto(root, "core/lone.ts", "// Edited.\nexport const lone = 4;\n");
  assert.match((await run()).text, /; 0 results from an earlier run/);
});

test("a suite that fails without a fault has shown nothing", async () => {
  const { run } = world([first], { "test/attacks/a.test.ts": testOf("one", "assert.is(one(), 7)") });
  assert.equal((await run()).problems, ["test/attacks/a.test.ts fails without a fault"]);
});

test("a fault that ends the process or the load of a file is seen", async () => {
  const broken = fault("broken", "export const one", 'throw new Error("planted");\nexport const one');
  const ended = fault("ended", "number => 1", "number => process.exit(0)");
  const { problems } = await world([broken, ended]).run();
  assert.equal(problems, []);
});

test.run();
