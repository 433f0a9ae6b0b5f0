import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chunkLoader } from "../../cli/start/chunk-loader.ts";
import { toScript } from "../../scripts/chunk-scripts.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/chunk-scripts");

/** Modules as chunks, run by the program's loader from the folder of a program. */
async function loaderOf(modules: Readonly<Record<string, string>>, root = tempFolder()) {
  const scripts = new Map<string, string>();
  for (const [name, text] of Object.entries(modules)) scripts.set(name, await toScript(text));
  const program = pathToFileURL(join(root, "program.mjs"));
  return chunkLoader({
    scriptOf: (name) => new Script(scripts.get(name) ?? "", { filename: name }),
    require: createRequire(program),
    importPackage: (name) => import(pathToFileURL(createRequire(program).resolve(name)).href),
    url: new URL("chunks/", program).href,
  }) as (name: string) => Record<string, unknown>;
}

test("exports, imports of chunks and of Node, an import on demand, the chunk's place, strictness", async () => {
  const load = await loaderOf({
    "a.cjs":
      'import { b } from "./b.cjs"; import { sep } from "node:path"; export const a = [b, typeof sep];' +
      'export const later = () => import("./b.cjs"); export const place = import.meta.url;' +
      "export const strict = (function () { return this === undefined; })();",
    "b.cjs": 'export const b = "b";',
  });
  const { a, later, place, strict } = load("a.cjs");
  assert.equal(a, ["b", "string"]);
  assert.is(await (later as () => Promise<unknown>)(), load("b.cjs"));
  assert.match(String(place), /^file:.*\/chunks\/a\.cjs$/);
  assert.is(strict, true);
});

test("what a chunk exports is one function away, and is asked for each time", async () => {
  const load = await loaderOf({
    "a.cjs":
      'import { count, more } from "./b.cjs"; import * as all from "./b.cjs"; more();' +
      "export const now = [count, all.count];",
    "b.cjs": "let count = 1; const more = () => { count += 1; }; export { count, more };",
  });
  assert.equal(load("a.cjs").now, [2, 2]);
  const exports = load("b.cjs");
  const { get } = Object.getOwnPropertyDescriptor(exports, "count") ?? {};
  assert.is(String(get), "()=>count");
  assert.equal(Object.keys(exports), ["count", "more"]);
});

test("a chunk has none of the functions by which esbuild copies what it exports", async () => {
  const script = await toScript("export const kept = 1;");
  assert.match(script, /\bkept\b/);
  assert.not.match(script, /__copyProps|__toCommonJS/);
});

test("packages that are found at run time, one in each of both kinds of modules", async () => {
  const root = tempFolder({
    "node_modules/new/package.json": '{"name":"new","type":"module","exports":"./index.js"}',
    "node_modules/new/index.js": "await null; export const kind = 'module';",
    "node_modules/old/package.json": '{"name":"old","main":"index.js"}',
    "node_modules/old/index.js": "exports.kind = 'script';",
  });
  const load = await loaderOf({ "a.cjs": "export const load = (name) => import(name);" }, root);
  const find = load("a.cjs").load as (name: string) => Promise<{ readonly kind: string }>;
  assert.equal([(await find("new")).kind, (await find("old")).kind], ["module", "script"]);
});

test("what a script cannot say is refused by the build", async () => {
  for (const module of ["export const a = await null;", "export const a = import.meta.dirname;"]) {
    const failed = await toScript(module).then(
      () => "",
      (error: unknown) => String(error),
    );
    assert.match(failed, /await|import\.meta/);
  }
});

test.run();
