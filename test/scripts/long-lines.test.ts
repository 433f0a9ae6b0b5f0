import { suite } from "uvu";
import * as assert from "uvu/assert";
import { longLines, maxColumns, readWritten } from "../../scripts/long-lines.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/long-lines");
const words = (columns: number): string => "word ".repeat(columns).slice(0, columns);
const fits = words(maxColumns);
const long = words(maxColumns + 1);

test("a line of one column too many is found, by its number", () => {
  for (const path of ["core/a.ts", "scripts/a.mjs", "proxy/a.sql", "docs/a.md"]) {
    assert.equal(longLines(path, `${fits}\n${fits}\n`), []);
    assert.equal(longLines(path, `${fits}\n${long}\n${long}`), [2, 3], path);
  }
});

test("columns are characters, not bytes", () => {
  assert.equal(longLines("core/a.ts", `${words(maxColumns - 2)}§§`), []);
  assert.equal(longLines("core/a.ts", `${words(maxColumns - 2)}😀😀`), []);
});

test("a word that hardly fits a line cannot be broken", () => {
  assert.equal(longLines("core/a.ts", `  "${"A".repeat(130)}",`), []);
  assert.equal(longLines("core/a.ts", `${"A".repeat(90)} ${"A".repeat(90)}`), [1]);
});

test("tables, code blocks and link targets of Markdown are exempt, the text around them is not", () => {
  assert.equal(longLines("docs/a.md", `| ${long} |\n\`\`\`\n${long}\n\`\`\`\n${long}\n`), [5]);
  assert.equal(longLines("docs/a.md", `[${words(60)}](docs/${words(80).replaceAll(" ", "-")})`), []);
  assert.equal(longLines("docs/a.md", `[${long}](docs/a.md)`), [1]);
  assert.equal(longLines("core/a.ts", `| ${long} |`), [1], "code has no tables");
});

test("the root and the folders are read, other endings are not", () => {
  const root = tempFolder({
    "README.md": "a",
    "docs/x/b.md": "b",
    "proxy/c.sql": "c",
    "core/d.json": "d",
    "other/e.ts": "e",
  });
  assert.equal(
    readWritten(root, ["docs", "proxy", "core", "missing"])
      .map(({ path }) => path)
      .sort(),
    ["README.md", "docs/x/b.md", "proxy/c.sql"],
  );
});

test.run();
