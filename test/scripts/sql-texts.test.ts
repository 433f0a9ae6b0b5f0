import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkSqlTexts, sqlTextsModule } from "../../scripts/sql-texts.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/sql-texts");
const text = "SELECT '\\n', `a`, '${b}', '$c'\nFROM d\n";
const current = {
  "proxy/mirror/sql/find-d.sql": text,
  "proxy/mirror/sql-texts.ts": sqlTextsModule([["find-d", text]], "the mirror"),
  "proxy/state/sql/find-s.sql": text,
  "proxy/state/state-sql.ts": sqlTextsModule([["find-s", text]], "what an instance remembers"),
};

test("the project's own module is current", () => assert.equal(checkSqlTexts(projectRoot).faults, []));

test("a text stands in the module exactly as in its file", async () => {
  const source = Buffer.from(sqlTextsModule([["find-d", text]], "the mirror")).toString("base64");
  const { sqlTexts } = (await import(`data:text/javascript;base64,${source}`)) as {
    readonly sqlTexts: Readonly<Record<string, string>>;
  };
  assert.equal({ ...sqlTexts }, { "find-d": text });
});

test("a changed, a new and a removed file are faults, and so is no file at all", () => {
  const faults = (files: Readonly<Record<string, string>>) => checkSqlTexts(tempFolder(files)).faults.length;
  assert.is(faults(current), 0);
  assert.is(faults({ ...current, "proxy/mirror/sql/find-d.sql": `${text} ` }), 1);
  assert.is(faults({ ...current, "proxy/state/sql/find-s.sql": `${text} ` }), 1);
  assert.is(faults({ ...current, "proxy/mirror/sql/find-e.sql": "SELECT 1\n" }), 1);
  const { "proxy/mirror/sql/find-d.sql": _, ...without } = current;
  assert.is(faults(without), 2, "no file in one of the folders");
  assert.is(faults({}), 4);
});

test.run();
