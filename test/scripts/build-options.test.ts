import { build, type BuildOptions } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { neutralOptions, nodeOptions } from "../../scripts/build-options.ts";
import { hostImports } from "../../scripts/layers.ts";
import { projectRoot } from "../support/temp-folder.ts";

const test = suite("scripts/build-options");
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

test.run();
