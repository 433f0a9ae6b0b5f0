import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderBoxTable, renderColumns } from "../../../cli/render/table.ts";

const test = suite("cli/render/table");

test("columns are two spaces apart and lines end without space", () => {
  assert.is(
    renderColumns(
      ["IMAGE", "SIZE"],
      [
        ["a:1", "10 MiB"],
        ["longer:2", ""],
      ],
    ),
    "IMAGE     SIZE\na:1       10 MiB\nlonger:2\n",
  );
  assert.is(renderColumns(["A"], [["b"]], { headers: false }), "b\n");
});

test("a box has a line around every cell", () =>
  assert.match(renderBoxTable(["ID"], [["1"]]), /┌─+┐\n│ ID │\n├─+┤\n│ 1 {2}│\n└─+┘\n/));

test.run();
