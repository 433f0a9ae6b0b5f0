import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkLint } from "../../scripts/check-lint.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-lint");
const settings = JSON.parse(readFileSync(join(projectRoot, "biome.json"), "utf8")) as object;
/** The project's own rules; a temporary folder has no git. */
const configuration = `${JSON.stringify({ ...settings, vcs: { enabled: false }, $schema: undefined }, null, 2)}\n`;
const faults = (text: string) =>
  checkLint(tempFolder({ "biome.json": configuration, "core/a.ts": text })).faults.filter(
    (fault) => !fault.startsWith("biome.json"),
  );

test("a clean file passes", () => assert.equal(faults("export const a = 1;\n"), []));

const planted: Readonly<Record<string, string>> = {
  format: "export const a = 'x'\n",
  noExplicitAny: "export const a = (b: any) => b;\n",
  noUnusedImports: 'import { b } from "./b.ts";\n\nexport const a = 1;\n',
  noEmptyBlockStatements: "export const a = () => {\n  try {\n    throw 1;\n  } catch {}\n};\n",
  noNonNullAssertion: "export const a = (b: string | undefined) => b!;\n",
};
for (const [rule, text] of Object.entries(planted))
  test(`finds ${rule}`, () =>
    assert.ok(
      faults(text).some((fault) => fault.includes(rule)),
      faults(text).join("\n"),
    ));

test("nothing to look at is a fault", () => {
  assert.ok(
    checkLint(tempFolder({ "biome.json": `${JSON.stringify({ files: { includes: ["core/**"] } })}\n` })).faults.length >
      0,
  );
});

test.run();
