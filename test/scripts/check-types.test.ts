import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkCanary, checkProgram, checkTypes } from "../../scripts/check-types.ts";
import { linkPackages, projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-types");
const own = (path: string) => readFileSync(join(projectRoot, path), "utf8");
const base = {
  "package.json": '{ "type": "module" }',
  "tsconfig.base.json": own("tsconfig.base.json"),
  "tsconfig.json": '{ "files": [], "references": [{ "path": "core" }] }',
  "core/tsconfig.json": own("core/tsconfig.json"),
  "core/portability.ts": own("core/portability.ts"),
  "core/errors.ts": own("core/errors.ts"),
};

function typeFaults(files: Readonly<Record<string, string>>): string {
  const root = tempFolder({ ...base, ...files });
  linkPackages(root);
  return checkTypes(root).faults.join("\n");
}

test("core alone compiles", () => assert.is(typeFaults({}), ""));

const planted: Readonly<Record<string, string>> = {
  "a type error": "export const a: string = 1;\n",
  "a module of Node": 'import { readFileSync } from "node:fs";\nexport const a = readFileSync;\n',
  "a global of Node": "export const a = process.env;\n",
  Buffer: "export const a = Buffer.from([]);\n",
  TextEncoder: "export const a = new TextEncoder();\n",
  "a timer": "setTimeout(() => undefined, 1);\n",
  "the DOM": "export const a = document.title;\n",
  "an import of another project": 'import type { A } from "../proxy/a.ts";\nexport type B = A;\n',
  "an enum": "export enum A { B }\n",
};
for (const [name, text] of Object.entries(planted))
  test(`${name} in core does not compile`, () =>
    assert.match(typeFaults({ "core/a.ts": text, "proxy/a.ts": "export type A = 1;\n" }), /core\/a\.ts/));

test("a package whose typings bring Node in sets off the canary", () => {
  assert.match(
    typeFaults({ "core/a.ts": 'import type { Database } from "better-sqlite3";\nexport type A = Database;\n' }),
    /core\/portability\.ts.*TS2578/,
  );
});

const hostParts = {
  "package.json":
    '{ "type": "module", "imports": { "#part": { "node": "./proxy/part.ts", "default": "./core/part.ts" } } }',
  "core/part.ts": "export const part = 1;\n",
  "core/a.ts": 'export { part } from "#part";\n',
  "proxy/part.ts": "export const part = 2;\n",
};

test("core's program resolves what a host may replace to core's own module", () => {
  const report = checkProgram(tempFolder({ ...base, ...hostParts }));
  assert.equal(report.faults, []);
  assert.is(report.saw, "4 files of core");
});

test("a program of core that holds a file of proxy is a fault, and so is an empty one", () => {
  const nodes = own("core/tsconfig.json")
    .replace('"esnext"', '"nodenext"')
    .replace('"moduleResolution": "bundler"', '"moduleResolution": "nodenext"');
  const { faults } = checkProgram(tempFolder({ ...base, ...hostParts, "core/tsconfig.json": nodes }));
  assert.equal(faults, ["core's program holds proxy/part.ts"]);
  assert.ok(checkProgram(tempFolder()).faults.length > 0);
});

test("no configuration, or one without projects, is a fault", () => {
  assert.is(checkTypes(tempFolder()).faults.length, 1);
  assert.ok(checkTypes(tempFolder({ "tsconfig.json": '{ "files": [], "references": [] }' })).faults.length > 0);
});

test("a canary that is gone or cannot bite is a fault", () => {
  assert.equal(checkCanary(tempFolder(base)).faults, []);
  assert.is(checkCanary(tempFolder()).faults.length, 1);
  assert.is(checkCanary(tempFolder({ ...base, "core/portability.ts": "export type A = 1;\n" })).faults.length, 2);
  assert.is(
    checkCanary(
      tempFolder({
        ...base,
        "core/tsconfig.json": '{ "compilerOptions": { "types": ["node"], "lib": ["es2023", "dom"] } }',
      }),
    ).faults.length,
    2,
  );
});

test.run();
