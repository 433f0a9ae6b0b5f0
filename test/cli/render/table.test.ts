import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createStyle } from "../../../cli/render/style.ts";
import { renderBoxTable, renderColumns, renderLineTable } from "../../../cli/render/table.ts";

const test = suite("cli/render/table");
const style = createStyle({ colour: false, unicode: true, width: 80 });

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
  assert.match(renderBoxTable(["ID"], [["1"]], style), /┌─+┐\n│ ID │\n├─+┤\n│ 1 {2}│\n└─+┘\n/));

test("tables fit the width: cells go on below, names have a line of their own", () => {
  const cells = [
    "1",
    "a-policy-with-a-long-name",
    "a rule",
    "default/Pod/a-pod-with-a-very-long-name",
    "one two three",
  ];
  const head = ["ID", "POLICY", "RULE", "RESOURCE", "MESSAGE"];
  for (const render of [renderBoxTable, renderLineTable])
    for (const unicode of [true, false]) {
      const lines = render(head, [cells], createStyle({ colour: false, unicode, width: 60 }))
        .trimEnd()
        .split("\n");
      assert.equal([...new Set(lines.map((line) => line.length))].length, 1, lines.join("\n"));
      assert.ok((lines[0]?.length ?? 0) <= 60, lines.join("\n"));
      assert.is(/^[\0-\x7f]*$/.test(lines.join("")), !unicode);
    }
  const name = "registry.example/a/long/name:1";
  assert.is(
    renderColumns(
      ["IMAGE", "SIZE", "AGE"],
      [
        [name, "10 MiB", "4d"],
        ["a:1", "1 KiB", "3d"],
      ],
      { width: 34 },
    ),
    [
      "IMAGE                  SIZE    AGE",
      name,
      "                       10 MiB  4d",
      "a:1                    1 KiB   3d",
      "",
    ].join("\n"),
  );
});

test.run();
