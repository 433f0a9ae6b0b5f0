import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkJsonReference, jsonReference } from "../../scripts/json-reference.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/json-reference");

const schema = {
  title: "Thing",
  description: "A thing.",
  type: "object",
  properties: {
    name: { description: "Its name | or not.", type: "string" },
    parts: {
      type: "array",
      items: { type: "object", properties: { size: { $ref: "parts.schema.json#/$defs/size" } }, required: ["size"] },
    },
    labels: { type: "object", additionalProperties: { enum: ["a", 1] } },
  },
  required: ["name"],
};
const parts = { title: "Parts", $defs: { size: { description: "A size.", type: "integer" } } };
const folderOf = (thing: object) => ({
  "docs/schemas/thing.schema.json": JSON.stringify(thing),
  "docs/schemas/parts.schema.json": JSON.stringify(parts),
});

test("members, items, any names, references, and whether they are always there", () => {
  const { text, documents } = jsonReference(tempFolder(folderOf(schema)));
  assert.is(documents, 2);
  for (const row of [
    "| `name` | string | yes | Its name \\| or not. |",
    "| `parts[].size` | [size](#parts-size) | yes |  |",
    '| `labels.*` | `"a"`, `1` |  |  |',
    "### Parts: size\n\nA size.\n\nA value: integer.",
  ])
    assert.ok(text.includes(row), row);
});

test("a word of JSON Schema that is not shown is refused", () =>
  assert.throws(
    () => jsonReference(tempFolder(folderOf({ ...schema, properties: { a: { not: {} } } }))),
    /not know not/,
  ));

test("the project's page has every document; one that differs, and no schema, are faults", () => {
  const page = readFileSync(join(projectRoot, "docs/guides/json-reference.md"), "utf8");
  for (const file of readdirSync(join(projectRoot, "docs/schemas")))
    if (file.endsWith(".json")) assert.ok(page.includes(file));
  assert.equal(checkJsonReference(projectRoot).faults, []);
  assert.is(checkJsonReference(tempFolder(folderOf(schema))).faults.length, 1);
  assert.match(checkJsonReference(tempFolder()).faults.join(), "blind");
});

test.run();
