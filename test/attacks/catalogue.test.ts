/** Every attack has a test or says what it waits for, and the page in docs says the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attacksPage, attacksPath, attackTests, catalogueFaults } from "./page.ts";
import { projectRoot } from "../support/temp-folder.ts";
import { catalogue } from "./catalogue.ts";

const test = suite("attacks/catalogue");
const tests = attackTests(join(projectRoot, "test/attacks"));

test("each attack has a test or what it waits for", () => {
  assert.ok(catalogue.length > 0);
  assert.equal(catalogueFaults(catalogue, tests), []);
});

test("removing the tests of any attack is seen", () => {
  for (const { number, waits } of catalogue) {
    if (waits !== undefined) continue;
    const left = tests.filter((each) => each.number !== number);
    assert.is(catalogueFaults(catalogue, left).length, 1, String(number));
  }
});

test("the page is what the tests say: npm run attacks", () => {
  assert.fixture(readFileSync(join(projectRoot, attacksPath), "utf8"), attacksPage(catalogue, tests));
});

test.run();
