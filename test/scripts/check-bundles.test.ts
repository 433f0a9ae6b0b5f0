import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bundleText } from "../../scripts/build-engine.ts";
import { bytesOfPart, checkBundles, hostNames, runBare } from "../../scripts/check-bundles.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-bundles");
const engine = (text: string) =>
  tempFolder({
    "package.json": '{ "version": "1.2.3" }',
    "core/index.ts": text,
    "core/kernel/comb-verifier.ts": "export const createKernelVerifier = () => ({});\n",
    "core/cosign/bundle.ts": "export const parseBundle = () => ({});\n",
    "core/patterns/wildcard.ts": "export const matchWildcard = () => true;\n",
  });
/** A public API that satisfies the smoke test. */
const api =
  "export const loadPolicies = () => ({ errors: [], policies: [] });\n" +
  "export const nobleVerifier = {};\n" +
  "export const requestFor = () => ({});\n" +
  "export const [EngineError, parseReference, MemoryKnowledge] = [0, 1, 2];\n" +
  'export const createEngine = () => ({ decide: () => ({ allowed: false, results: [{ status: "error" }], open: ' +
  "[1] }) });\n";

test("a portable engine passes", async () => assert.equal((await checkBundles(engine(api))).faults, []));

const planted: Readonly<Record<string, string>> = {
  "a module of Node": `${api}import { readFileSync } from "node:fs";\nexport const a = readFileSync;\n`,
  "process at run time": `${api}export const a = () => process.env;\n`,
  "Buffer at run time": `${api}export const a = () => Buffer.from([]);\n`,
  "a global that a bare context lacks": `${api}export const a = console.log("x");\n`,
  "what is made when it is loaded, and cannot be left out": `${api}const made: string[] = [];
for (let i = 0; i < 1; i++) made.push("${"x".repeat(2_000)}");\n`,
  "an engine that lets everything pass": api.replace("allowed: false", "allowed: true"),
};
for (const [name, text] of Object.entries(planted))
  test(`${name} is a fault`, async () => assert.ok((await checkBundles(engine(text))).faults.length > 0));

test("what is imported of the engine brings what it needs, and no table of others", async () => {
  const root = engine(
    `${api}const table = new Map(Array.from({ length: 4 }, (_, at) => [at, "${"y".repeat(1_000)}"]));
export const find = (at: number) => table.get(at);
class Words { static all = Object.freeze(["${"z".repeat(1_000)}"]); }
export const words = () => Words.all;
class Unused { static all = Object.freeze(["${"q".repeat(1_000)}"]); }
export const small = () => 7;\n`,
  );
  const text = await bundleText(root, "engine", "module");
  assert.not.match(text, "qqq", "what nobody uses is not even in the bundle");
  assert.ok((await bytesOfPart(text, "small")) < 100);
  assert.ok((await bytesOfPart(text, "find")) > 1_000);
  assert.ok((await bytesOfPart(text, "find")) < 1_500);
  assert.ok((await bytesOfPart(text, "words")) > 1_000);
  const folder = tempFolder({ "engine.mjs": text });
  const made = (await import(pathToFileURL(join(folder, "engine.mjs")).href)) as {
    readonly find: (at: number) => string;
    readonly words: () => readonly string[];
  };
  assert.is(made.find(2), "y".repeat(1_000));
  assert.is(made.words()[0]?.length, 1_000);
});

test("no engine is a fault", async () => assert.is((await checkBundles(tempFolder())).faults.length, 1));

test("names of a host inside other words are not found", () => {
  assert.equal(hostNames("a.process.b;reprocess.x;myBuffer.y;x.Buffer.z"), []);
  assert.is(hostNames('process.env;Buffer.from(a);import("node:fs")').length, 3);
});

test("a bare context has the language and nothing else", async () => {
  const script = await bundleText(engine("export const twice = (n: number) => n * 2;\n"), "engine", "script");
  assert.is(runBare(script, "sallyport.twice(21)"), 42);
  assert.is(
    runBare(script, "[typeof console, typeof TextEncoder, typeof setTimeout, typeof URL].join()"),
    "undefined,undefined,undefined,undefined",
  );
});

test.run();
