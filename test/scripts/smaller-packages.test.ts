/** What the bundles leave out of packages changes nothing. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import * as whole from "re2js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  withFilledTables,
  withOwnCase,
  withoutCode,
  withoutInstances,
  withoutMethods,
  withoutProperties,
  withStaticFields,
  withTablesOfKinds,
} from "../../scripts/smaller-packages.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/smaller-packages");
const source = readFileSync(join(projectRoot, "node_modules/re2js/build/index.js"), "utf8");
const kinds = [...source.matchAll(/^\t\t(\w+): \(\) => new UnicodeRangeTable/gm)].map(([, name = ""]) => name);

test("a table of kinds holds the same characters", async () => {
  const folder = tempFolder({ "package.json": '{ "type": "module" }' });
  const path = join(folder, "packed.js");
  const packed = withTablesOfKinds(source);
  writeFileSync(path, packed);
  assert.ok(packed.length < source.length);
  const { RE2JS } = (await import(pathToFileURL(path).href)) as typeof whole;
  // Every character that is one, in texts of a length that a search takes quickly.
  const texts: string[] = [];
  for (let from = 0; from < 0x110000; from += 0x1000)
    texts.push(
      Array.from({ length: 0x1000 }, (_, index) => from + index)
        .filter((point) => point < 0xd800 || point > 0xdfff)
        .map((point) => String.fromCodePoint(point))
        .join(""),
    );
  const found = (module: typeof whole, expression: string): string => {
    const program = module.RE2JS.compile(expression);
    return texts.map((text) => program.matcher(text).replaceAll("")).join("");
  };
  const names = [...new Set(kinds)].filter((name) => packed.includes(`${name}: () => tableOfKinds(`));
  assert.ok(names.length > 30, `${names.length} tables`);
  for (const name of ["L", "LC", "Lu", "Mn", "Cn", "P"].filter((one) => names.includes(one)))
    assert.is(found({ RE2JS } as typeof whole, `\\p{${name}}`), found(whole, `\\p{${name}}`), name);
});

test("a module of which nothing is called has the same names", () => {
  const stub = withoutCode("const a = 1;\nfunction b() {}\nexport { a, b };\n");
  assert.match(stub, /export const a = /);
  assert.match(stub, /export const b = /);
  assert.match(stub, /b is not in this bundle/);
});

test("a method that is gone is called by nobody, or the build stops", () => {
  const text = "class A {\n\tone() {\n\t\treturn 1;\n\t}\n\ttwo() {\n\t\treturn this.one();\n\t}\n};\n";
  assert.is(withoutMethods(text, ["two"]), "class A {\n\tone() {\n\t\treturn 1;\n\t}\n};\n");
  assert.is(withoutMethods(text, ["one", "two"]), "class A {\n};\n");
  assert.throws(() => withoutMethods(text, ["one"]), /calls its method one/);
  assert.throws(() => withoutMethods(text, ["three"]), /no method three/);
});

test("an instance that only makes itself is said to do no more", () => {
  assert.is(
    withoutInstances("var x = new Y(1);\n  var z = new Q();\n"),
    "var x = /* @__PURE__ */ new Y(1);\n  var z = new Q();\n",
  );
});

test("tables that a loop fills are made in one expression each, with the same values", () => {
  const text =
    "const SIZE = 3;\nconst ONE = new Int8Array(SIZE);\nconst TWO = new Int8Array(SIZE);\nconst OTHER = 1;\n" +
    "for (let i = 0; i < SIZE; i++) {\n\tONE[i] = i + 1;\n\tif (i > 0) TWO[i - OTHER] = 2 * i;\n}\n";
  const made = withFilledTables(`const OTHER = 1;\n${text.replace("const OTHER = 1;\n", "")}`);
  const inOne = (code: string): number => [...code.matchAll(/^const [A-Z]\w+ = \(\(\) => \{/gm)].length;
  assert.is(inOne(made), 2);
  const values = (code: string): unknown => new Function(`${code}return [[...ONE], [...TWO]];`)();
  assert.equal(values(made), values(text));
  assert.equal(values(made), [
    [1, 2, 3],
    [2, 4, 0],
  ]);
  assert.throws(() => withFilledTables("for (let i = 0; i < 3; i++) call(i);\n"), /what does this loop fill/);
  assert.is(inOne(withFilledTables(source)), 4);
});

test("properties of functions that nobody reads are gone, and nothing else", () => {
  const text = "function visit() {\n}\nvisit.A = 1;\nvisit.b = (c) => {\n    return c;\n};\nvisit(visit.b);\n";
  assert.is(withoutProperties(text), "function visit() {\n}\nvisit(visit.b);\n");
});

test("properties of a class are part of it", () => {
  const text = "class A extends B {\n    c() {}\n}\nA.D = 'd';\nA.e = { f: 1 };\n";
  assert.is(withStaticFields(text), "class A extends B {\nstatic D = 'd';\nstatic e = { f: 1 };\n    c() {}\n}\n");
  assert.throws(() => withStaticFields("class A {\n}\n"), /has no properties/);
});

test("letter case is the program's own: the host is not asked", async () => {
  const text = withOwnCase(source);
  const made = await build({
    stdin: { contents: text, resolveDir: projectRoot },
    bundle: true,
    format: "esm",
    write: false,
    platform: "neutral",
  });
  const path = join(tempFolder({ "package.json": '{ "type": "module" }' }), "own.js");
  writeFileSync(path, made.outputFiles[0]?.text ?? "");
  const { RE2JS } = (await import(pathToFileURL(path).href)) as typeof whole;
  const { toUpperCase, toLowerCase } = String.prototype;
  const asked: string[] = [];
  const listening = (ask: () => string) =>
    function (this: string): string {
      if (/[^\0-\x7f]/.test(this)) asked.push(this);
      return ask.call(this);
    };
  // An older host, which knows none of these letters.
  String.prototype.toUpperCase = listening(toUpperCase);
  String.prototype.toLowerCase = listening(toLowerCase);
  try {
    for (const [letter, capital] of ["éÉ", "ꭰᎠ", "\u{10d70}\u{10d50}", "\u0264\ua7cb"].map((pair) => [...pair])) {
      for (const [one = "", other = ""] of [
        [letter, capital],
        [capital, letter],
        [letter, letter],
      ]) {
        assert.ok(RE2JS.compile(`(?i)^${one}$`).test(other), `${one} ${other}`);
        assert.ok(RE2JS.compile(`(?i)^[${one}-${one}]+$`).test(other + one), `[${one}] ${other}`);
      }
      assert.not(RE2JS.compile(`^${letter}$`).test(capital ?? ""));
    }
  } finally {
    String.prototype.toUpperCase = toUpperCase;
    String.prototype.toLowerCase = toLowerCase;
  }
  assert.equal(asked, []);
  assert.throws(() => withOwnCase("class A {\n};\n"), /no method toUpperCase/);
});

test("tables that are written otherwise stop the build", () => {
  assert.throws(() => withTablesOfKinds(source.replaceAll("decodeRanges(", "unpack(")), /re2js/);
});

test.run();
