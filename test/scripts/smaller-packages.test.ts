/** What the bundles leave out of packages changes nothing. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as whole from "re2js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withoutCode, withoutInstances, withoutMethods, withTablesOfKinds } from "../../scripts/smaller-packages.ts";
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

test("tables that are written otherwise stop the build", () => {
  assert.throws(() => withTablesOfKinds(source.replaceAll("decodeRanges(", "unpack(")), /re2js/);
});

test.run();
