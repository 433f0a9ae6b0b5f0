import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codes } from "../../core/errors.ts";
import { checkCodesPage, codesPage, runbookPage } from "../../scripts/codes-page.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/codes-page");

test("has a row for every code", () => {
  const page = codesPage();
  for (const code of Object.keys(codes)) assert.ok(page.includes(`| \`${code}\` |`), code);
});

test("the runbook has cause, check and remedy of every code", () => {
  const page = runbookPage();
  const sections = page.split(/^### /m).slice(1);
  assert.equal(sections.map((section) => section.split("\n")[0] ?? "").sort(), Object.keys(codes).sort());
  for (const section of sections)
    for (const word of ["Cause", "Check", "Remedy"])
      assert.match(section, new RegExp(`^- ${word}: .{10,}`, "m"), section);
});

test("a page that differs or is missing is a fault", () => {
  const pages = { "docs/codes.md": codesPage(), "docs/guides/runbook.md": runbookPage() };
  assert.equal(checkCodesPage(tempFolder(pages)).faults, []);
  assert.is(checkCodesPage(tempFolder({ ...pages, "docs/codes.md": `${codesPage()}\n` })).faults.length, 1);
  assert.is(checkCodesPage(tempFolder({ ...pages, "docs/guides/runbook.md": "" })).faults.length, 1);
  assert.is(checkCodesPage(tempFolder()).faults.length, 2);
});

test.run();
