import { createRequire } from "node:module";
import { Script } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chunkLoader } from "../../../cli/start/chunk-loader.ts";

const test = suite("cli/start/chunk-loader");

/** A loader over chunks that are given as the bodies of their functions, and which of them were read. */
function loaderOf(bodies: Readonly<Record<string, string>>, packages: Readonly<Record<string, unknown>> = {}) {
  const read: string[] = [];
  const find = (name: string): unknown => {
    if (!Object.hasOwn(packages, name)) throw new Error(`no package ${name}`);
    return packages[name];
  };
  const load = chunkLoader({
    scriptOf: (name) => {
      read.push(name);
      return new Script(`(function(exports,require,module,importFrom,moduleUrl){${bodies[name]}})`);
    },
    require: find,
    importPackage: async (name) => find(name),
    url: "file:///program/chunks/",
  });
  return { load: load as (name: string) => Record<string, unknown>, read };
}

test("a chunk runs once, with those that it needs; what it exports later is seen", () => {
  const { load, read } = loaderOf({
    "a.cjs": 'exports.b = require("./b.cjs"); exports.again = require("./b.cjs"); exports.set = (n) => exports.n = n;',
    "b.cjs": "module.exports = { a: () => 1 };",
  });
  const a = load("a.cjs");
  assert.is(a.b, a.again);
  assert.is(load("a.cjs"), a);
  (a.set as (n: number) => void)(7);
  assert.is(a.n, 7);
  assert.equal(read, ["a.cjs", "b.cjs"]);
});

test("chunks that need each other see what the other has exported so far", () => {
  const { load } = loaderOf({
    "a.cjs": 'exports.first = 1; exports.seen = require("./b.cjs").seen;',
    "b.cjs": 'exports.seen = require("./a.cjs").first;',
  });
  assert.is(load("a.cjs").seen, 1);
});

test("other names are packages, for require and for import", async () => {
  const { load } = loaderOf(
    {
      "a.cjs": 'exports.now = require("one"); exports.later = importFrom("two"); exports.own = importFrom("./b.cjs");',
      "b.cjs": "",
    },
    { one: 1, two: 2 },
  );
  const a = load("a.cjs");
  assert.equal([a.now, await a.later, await a.own], [1, 2, load("b.cjs")]);
});

test("what else Node's require has is there too", () => {
  const load = chunkLoader({
    scriptOf: () => new Script('(function(exports,require){exports.found = require.resolve("node:fs");})'),
    require: createRequire(import.meta.url),
    importPackage: async () => undefined,
    url: "file:///program/chunks/",
  });
  assert.equal(load("a.cjs"), { found: "node:fs" });
});

test("import answers later, also with what is wrong", async () => {
  const { load } = loaderOf({
    "a.cjs": 'exports.gone = importFrom("gone"); exports.broken = importFrom("./b.cjs");',
    "b.cjs": 'throw new Error("broken");',
  });
  const a = load("a.cjs");
  for (const name of ["gone", "broken"])
    assert.match(await (a[name] as Promise<unknown>).then(String, String), /no package gone|broken/);
});

test("nobody is given a half of a chunk that failed: it fails again", () => {
  const { load, read } = loaderOf({ "a.cjs": 'exports.half = 1; throw new Error("broken");' });
  for (const _ of [1, 2]) assert.throws(() => load("a.cjs"), /broken/);
  assert.is(read.length, 2);
});

test("a chunk knows its place", () => {
  const { load } = loaderOf({ "a.cjs": "exports.url = moduleUrl;" });
  assert.is(load("a.cjs").url, "file:///program/chunks/a.cjs");
});

test.run();
