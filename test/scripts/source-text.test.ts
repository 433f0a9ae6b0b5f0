import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blankText, exportsOf, importsOf, lineAt } from "../../scripts/source-text.ts";

const test = suite("scripts/source-text");

test("finds static, type-only, re-exporting, side-effect and dynamic imports", () => {
  const source = [
    'import { a } from "./a.ts";',
    'import type { B } from "./b.ts";',
    'import {\n  c,\n  d,\n} from "./c.ts";',
    'export { e } from "./e.ts";',
    'export type { F } from "./f.ts";',
    'export * from "./g.ts";',
    'import "./h.ts";',
    'import * as i from "i";',
    'type J = import("./j.ts").J;',
    'const k = await import("./k.ts");',
  ].join("\n");
  assert.equal([...importsOf(source)].sort(), [
    "./a.ts",
    "./b.ts",
    "./c.ts",
    "./e.ts",
    "./f.ts",
    "./g.ts",
    "./h.ts",
    "./j.ts",
    "./k.ts",
    "i",
  ]);
});

test("comments and exported strings are not imports", () => {
  assert.equal(
    importsOf(
      '// import { a } from "./a.ts";\n' +
        '/** import "./b.ts" */\n' +
        'export const from = "./c.ts";\n' +
        "export const x = 1;\n" +
        'const y = "z";\n',
    ),
    [],
  );
});

test("sees every form of an export", () => {
  assert.equal(
    exportsOf(
      'export { a, type B, c as d } from "./x.ts";\nexport type { E } from "./x.ts";\nexport const f = 1;\n' +
        "export async function g() {}\nexport abstract class H {}\nexport interface I {}\nexport type J = 1;\n" +
        'export * from "./y.ts";\nexport * as k from "./z.ts";\nexport default 1;\n// export const no = 1;\n' +
        'const text = "export const no = 2;";\nconst local = 3;\n',
    ),
    ["a", "B", "d", "E", "f", "g", "H", "I", "J", "*", "k", "default"],
  );
});

test("blanks comments and strings, keeps code, lines and offsets", () => {
  const source =
    'const a = "await"; // await\nconst b = /await["`]/; /* await\n */ ' +
    'await f(`await ${await g(`x${"await"}`)} await`);\nconst c = a / b / 2;\n';
  const blanked = blankText(source, { strings: "blank" });
  assert.is(blanked.length, source.length);
  assert.is(blanked.split("\n").length, source.split("\n").length);
  assert.is(blanked.match(/await/g)?.length, 2);
  assert.match(blanked, "const c = a / b / 2;");
  assert.is(blankText(source, { strings: "keep" }).match(/await/g)?.length, 7);
});

test("braces inside a template's hole do not end it", () => {
  assert.match(blankText("`a${ f({ b: `c${d}` }) }await`; await e;", { strings: "blank" }), /^[^w]*await e;$/);
});

test("counts lines from one", () => {
  assert.is(lineAt("a\nb\nc", 0), 1);
  assert.is(lineAt("a\nb\nc", 4), 3);
});

test.run();
