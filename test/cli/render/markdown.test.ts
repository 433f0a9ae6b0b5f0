import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderMarkdown } from "../../../cli/render/markdown.ts";

const test = suite("cli/render/markdown");

test("a table; a cell cannot end its column or its row", () => {
  assert.is(
    renderMarkdown(
      ["A", "B"],
      [
        ["1", "x|y"],
        ["2", "two\n lines"],
      ],
    ),
    "| A | B | \n|----|----|\n| 1 | x\\|y |\n| 2 | two lines |\n",
  );
});

test.run();
