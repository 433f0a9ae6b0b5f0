import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkLayers, findCycle } from "../../scripts/check-layers.ts";
import { layers } from "../../scripts/layers.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-layers");
const table = {
  "core/errors.ts": { units: [] },
  "core/encoding": { units: ["core/errors.ts"], packages: ["@scope/allowed"] },
  "core/tlog": { units: ["core/errors.ts", "core/encoding"] },
  "core/index.ts": { units: ["core/errors.ts", "core/encoding", "core/tlog"] },
  cli: { units: ["core/index.ts"], packages: ["node:"] },
};
const hosts = { "#codecs": { node: "proxy/codecs.ts", default: "core/encoding/codecs.ts" } };
const packageWith = (imports: object) => ({ "package.json": JSON.stringify({ imports }) });
const clean = {
  ...packageWith({ "#codecs": { node: "./proxy/codecs.ts", default: "./core/encoding/codecs.ts" } }),
  "core/errors.ts": "export class E {}\n",
  "core/encoding/hex.ts": 'import { E } from "../errors.ts";\nimport { a } from "@scope/allowed/deep.js";\n',
  "core/tlog/proof.ts": 'import { hex } from "../encoding/hex.ts";\n',
  "core/index.ts": 'export { proof } from "./tlog/proof.ts";\n',
  "cli/main.ts": 'import { proof } from "../core/index.ts";\nimport { readFileSync } from "node:fs";\n',
};
const faultsWith = (files: Readonly<Record<string, string>>) =>
  checkLayers(tempFolder({ ...clean, ...files }), table, hosts).faults;

test("a tree that follows the table has no fault, and says what was seen", () => {
  const report = checkLayers(tempFolder(clean), table, hosts);
  assert.equal(report.faults, []);
  assert.is(report.saw, "5 files, 6 imports, 1 public names");
});

/** A target that imports nothing itself, so that the planted import is no circle. */
const above = { "core/tlog/proof.ts": "export const p = 1;\n" };
const planted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "an import against the order": { ...above, "core/encoding/hex.ts": 'import { p } from "../tlog/proof.ts";\n' },
  "a type-only import against the order": {
    ...above,
    "core/encoding/hex.ts": 'import type { P } from "../tlog/proof.ts";\n',
  },
  "an import type in a declaration": {
    ...above,
    "core/encoding/hex.ts": 'export type P = import("../tlog/proof.ts").P;\n',
  },
  "a re-export against the order": { ...above, "core/encoding/hex.ts": 'export { p } from "../tlog/proof.ts";\n' },
  "a deep import past the public API": { "cli/other.ts": 'import { hex } from "../core/encoding/hex.ts";\n' },
  "a row of a shell that names what nothing imports": {
    "cli/main.ts": 'import { proof } from "../core/index.ts";\n',
  },
  "a package that is not allowed": { "core/tlog/proof.ts": 'import x from "left-pad";\n' },
  "a module of Node in core": { "core/tlog/proof.ts": 'import { readFileSync } from "node:fs";\n' },
  "a host's module named outside the folder of its default": { ...above, "core/tlog/a.ts": 'import "#codecs";\n' },
  "a host's module that the table lacks": { ...above, "core/encoding/hex.ts": 'import "#hashes";\n' },
  "a host's module that package.json lacks": packageWith({}),
  "a host's module that only package.json has": packageWith({
    "#codecs": { node: "./proxy/codecs.ts", default: "./core/encoding/codecs.ts" },
    "#more": "./core/errors.ts",
  }),
  "a default that hides what comes after it": packageWith({
    "#codecs": { default: "./core/encoding/codecs.ts", node: "./proxy/codecs.ts" },
  }),
  "a circle through a host's module": {
    "core/encoding/hex.ts": 'import "#codecs";\n',
    "core/encoding/codecs.ts": 'import "./hex.ts";\n',
  },
  "a folder without a layer": { "core/other/thing.ts": "export const x = 1;\n" },
  "two files of one folder that import each other": {
    "core/tlog/a.ts": 'import "./b.ts";\n',
    "core/tlog/b.ts": 'import type { A } from "./a.ts";\n',
  },
};
for (const [name, files] of Object.entries(planted)) {
  test(`${name} is a fault`, () => {
    assert.is(faultsWith(files).length, 1, faultsWith(files).join("\n"));
  });
}

const apiOf = (count: number) =>
  `export { ${Array.from({ length: count }, (_, index) => `p${index}`).join(", ")} } from "./tlog/proof.ts";\n`;

test("a public API of more than 60 names is a fault, and so is one that cannot be counted", () => {
  assert.equal(faultsWith({ "core/index.ts": apiOf(60) }), []);
  assert.match(faultsWith({ "core/index.ts": apiOf(61) }).join(), "61 names");
  assert.match(faultsWith({ "core/index.ts": `${apiOf(60)}export type P = 1;\n` }).join(), "61 names");
  assert.match(faultsWith({ "core/index.ts": 'export * from "./tlog/proof.ts";\n' }).join(), "hides what is public");
});

test("a folder may name the host's module of which it has the default", () => {
  assert.equal(faultsWith({ "core/encoding/hex.ts": 'import "#codecs";\n' }), []);
});

test("seeing no import is a fault", () => {
  assert.match(checkLayers(tempFolder({ "core/errors.ts": "export const x = 1;\n" }), table).faults.join(), "blind");
});

test("a cycle in the table, or a unit that it lacks, is a fault", () => {
  const circular = {
    "core/errors.ts": { units: ["core/encoding"] },
    "core/encoding": { units: ["core/errors.ts", "core/nowhere"] },
  };
  const { faults } = checkLayers(
    tempFolder({ "core/encoding/hex.ts": 'import "../errors.ts";\n', "core/errors.ts": "" }),
    circular,
  );
  assert.match(faults.join("\n"), "the table of layers has a cycle");
  assert.match(faults.join("\n"), "core/nowhere");
});

test("the project's own table is acyclic and complete", () => {
  assert.is(findCycle(new Map(Object.entries(layers).map(([unit, layer]) => [unit, layer.units]))), undefined);
});

test.run();
