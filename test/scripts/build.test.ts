import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { neutralOptions, nodeOptions, renewFolder } from "../../scripts/build.ts";
import { hostImports } from "../../scripts/layers.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/build");
const entry = "core/index.ts";

/** Which of the modules that a host may replace are in a build of the engine. */
async function hostModules(options: BuildOptions): Promise<readonly string[]> {
  const { metafile } = await build({ ...options, outdir: projectRoot, write: false, metafile: true });
  const inputs = Object.keys(metafile.inputs);
  return Object.values(hostImports)
    .flatMap((modules) => [modules.node, modules.default])
    .filter((path) => inputs.includes(path));
}

test("programs for Node hold Node's modules and none of the portable ones", async () => {
  const found = await hostModules({ ...nodeOptions(projectRoot), entryPoints: [entry] });
  assert.equal(
    found,
    Object.values(hostImports).map((modules) => modules.node),
  );
});

test("the engine for any host holds the portable modules and none of Node's", async () => {
  const found = await hostModules(neutralOptions(projectRoot, entry));
  assert.equal(
    found,
    Object.values(hostImports).map((modules) => modules.default),
  );
});

test("no build has a plugin that could rewrite source", () => {
  for (const options of [nodeOptions(projectRoot), neutralOptions(projectRoot, entry)])
    assert.is(options.plugins, undefined);
});

test("a folder is renewed while it is in use: whole at every moment, and without what is no longer built", async () => {
  const folder = tempFolder({ "program.mjs": "old", "chunks/a.mjs": "old", "chunks/b.mjs": "old" });
  const read = (path: string): string => readFileSync(join(folder, path), "utf8");
  const said = await renewFolder(folder, async (fresh) => {
    mkdirSync(join(fresh, "chunks"));
    for (const path of ["program.mjs", "chunks/a.mjs", "chunks/c.mjs"]) writeFileSync(join(fresh, path), "new");
    assert.equal([read("program.mjs"), read("chunks/b.mjs")], ["old", "old"]);
    return "made";
  });
  assert.equal([said, read("program.mjs"), read("chunks/a.mjs"), read("chunks/c.mjs")], ["made", "new", "new", "new"]);
  assert.equal(readdirSync(folder).sort(), ["chunks", "program.mjs"]);
  assert.equal(readdirSync(join(folder, "chunks")).sort(), ["a.mjs", "c.mjs"]);
});

test("two builds at once do not disturb each other", async () => {
  const folder = tempFolder();
  const build = (name: string) => async (fresh: string) => {
    writeFileSync(join(fresh, name), name);
    await renewFolder(folder, async (other) => writeFileSync(join(other, "inner.mjs"), "inner"));
    assert.ok(existsSync(join(fresh, name)), "not taken away by the other");
  };
  await renewFolder(folder, build("outer.mjs"));
  assert.equal(readdirSync(folder).sort(), ["inner.mjs", "outer.mjs"]);
});

test("a build that fails leaves what was there", async () => {
  const folder = tempFolder({ "program.mjs": "old" });
  let failed = "";
  await renewFolder(folder, async () => {
    throw new Error("no build");
  }).catch((error: unknown) => {
    failed = String(error);
  });
  assert.is(failed, "Error: no build");
  assert.equal(readdirSync(folder), ["program.mjs"]);
  assert.is(readFileSync(join(folder, "program.mjs"), "utf8"), "old");
});

test.run();
