import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkFiles } from "../../scripts/check-files.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-files");
const good = "/** A module. */\nexport const a = 1;\n";
const faults = (files: Readonly<Record<string, string>>, tables: Readonly<Record<string, string>> = {}) =>
  checkFiles(tempFolder(files), tables).faults;
const long = `/** Long. */\n${"export {};\n".repeat(500)}`;

test("a short, well named file passes", () =>
  assert.equal(faults({ "core/x509/path.ts": good, "test/core/x509/path.test.ts": "import {};\n" }), []));

const planted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a file of 501 lines": { "core/a.ts": long },
  "a folder called utils": { "core/utils/a.ts": good },
  "a file called types": { "core/types.ts": good },
  "a name in camel case": { "core/myFile.ts": good },
  "a module without a docstring": { "core/a.ts": "export const a = 1;\n" },
  "something left for later": { "core/a.ts": `${good}// ${"TO"}${"DO"}: more\n` },
  "an error that vanishes": { "core/a.ts": `${good}try { f(); } catch (error) {}\n` },
  "a long line of Markdown": { "core/a.ts": good, "docs/a.md": `${"word ".repeat(25)}\n` },
  "a line of 121 columns": { "core/a.ts": `${good}// ${"word ".repeat(24)}\n` },
  "a long line of SQL": { "core/a.ts": good, "proxy/a.sql": `-- ${"word ".repeat(24)}\n` },
  "two files of one name": { "core/tuf/shape.ts": good, "core/encoding/shape.ts": good },
  "two files of one name in two parts": { "proxy/mirror/knowledge.ts": good, "core/knowledge/knowledge.ts": good },
  "no file at all": {},
};
for (const [name, files] of Object.entries(planted))
  test(`${name} is a fault`, () => assert.is(faults(files).length, 1, faults(files).join("\n")));

test("what folders of verbs do to one noun, and tests, may have its name", () => {
  const paths = ["cli/render/trust.ts", "cli/commands/trust.ts", "core/trust/trust.ts", "test/lab/trust.ts"];
  assert.equal(faults(Object.fromEntries(paths.map((path) => [path, good]))), []);
});

test("a listed table of data may be long, and must exist", () => {
  assert.equal(faults({ "core/a.ts": `${long}// ${"word ".repeat(24)}\n` }, { "core/a.ts": "code points" }), []);
  assert.is(faults({ "core/a.ts": good }, { "core/b.ts": "gone" }).length, 1);
});

test.run();
