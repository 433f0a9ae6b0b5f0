import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseToml } from "../../../../proxy/upstream/registry/toml-table.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("proxy/upstream/registry/toml-table");
const text = `
text = "a"
flag = true
texts = ["a", "b"]
when = 2026-11-30
[table."x.y"]
key = "k"
[table.first]
[[list]]
a = "1"
[[list]]
`;
const table = parseToml(text, "/etc/file.toml");

test("values by their types; what is not there is undefined", () => {
  assert.equal(
    [table.text("text"), table.flag("flag"), table.texts("texts"), table.texts("text")],
    ["a", true, ["a", "b"], ["a"]],
  );
  assert.equal(
    [table.text("no"), table.flag("no"), table.texts("no"), table.table("no"), table.tables("no")],
    [...[undefined, undefined, [], undefined, []]],
  );
  assert.equal(table.table("table")?.keys(), ["x.y", "first"]);
  assert.is(table.table("table")?.table("x.y")?.text("key"), "k");
  assert.equal(
    table.tables("list").map((one) => one.text("a")),
    ["1", undefined],
  );
  assert.equal([table.has("text"), table.has("toString"), table.text("toString")], [true, false, undefined]);
});

test("another type is refused with its place", () => {
  for (const read of [
    () => table.text("flag"),
    () => table.flag("text"),
    () => table.texts("flag"),
    () => table.table("text"),
    () => table.table("when"),
    () => table.table("texts"),
    () => table.tables("text"),
  ])
    assert.match(throwsCode("invalid-config", read).subject ?? "", /^\/etc\/file\.toml/);
});

test("a text that is not TOML is refused with its line", () => {
  for (const broken of ["a", "a = ", "[a", "a = 1\na = 2", '"'])
    assert.match(throwsCode("invalid-config", () => parseToml(broken, "/f")).message, /^line \d+: /);
});

test.run();
