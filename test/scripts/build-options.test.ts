import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build, type BuildOptions, type PluginBuild } from "esbuild";
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

test("programs for Node load no HTTP/2, which undici would load and nothing speaks", async () => {
  const { metafile, outputFiles = [] } = await build({
    ...nodeOptions(projectRoot),
    entryPoints: [join(projectRoot, "proxy/upstream/undici-parts.ts")],
    outdir: join(projectRoot, "dist"),
    write: false,
  });
  const inputs = Object.keys(metafile?.inputs ?? {});
  assert.ok(inputs.some((path) => path.endsWith("undici/lib/dispatcher/client-h2.js")));
  assert.not.match(outputFiles[0]?.text ?? "", /["'`](?:node:)?http2["'`]\)/);
});

test("no build has a plugin that could rewrite our source: two edit what they say of three packages", () => {
  const asked: RegExp[] = [];
  const ofNode = nodeOptions(projectRoot).plugins ?? [];
  const ofAny = neutralOptions(projectRoot, entry).plugins ?? [];
  assert.equal(
    [ofNode, ofAny].map((plugins) => plugins.map(({ name }) => name)),
    [["own-case"], ["smaller-packages"]],
  );
  for (const { setup } of [...ofNode, ...ofAny]) {
    void setup({ onLoad: ({ filter }: { filter: RegExp }) => asked.push(filter) } as unknown as PluginBuild);
  }
  assert.ok(asked.length > 0);
  for (const filter of asked) {
    assert.match(filter.source, "node_modules");
    for (const { name } of readdirSync(projectRoot, { withFileTypes: true }))
      if (name !== "node_modules") assert.not(filter.test(join(projectRoot, name, "yaml.ts")), `${filter} ${name}`);
  }
});

test.run();
