import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codes } from "../../core/errors.ts";
import { checkCodesPage, codesPage } from "../../scripts/codes-page.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/codes-page");

test("has a row for every code", () => {
  const page = codesPage();
  for (const code of Object.keys(codes)) assert.ok(page.includes(`| \`${code}\` |`), code);
});

test("a page that differs or is missing is a fault", () => {
  assert.equal(checkCodesPage(tempFolder({ "docs/codes.md": codesPage() })).faults, []);
  assert.is(checkCodesPage(tempFolder({ "docs/codes.md": `${codesPage()}\n` })).faults.length, 1);
  assert.is(checkCodesPage(tempFolder()).faults.length, 1);
});

test.run();
