import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkMap } from "../../scripts/check-map.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-map");
const map = (...rows: readonly string[]) =>
  `# T\n\n| Folder | Holds |\n|---|---|\n${rows.map((row) => `${row}\n`).join("")}`;
const tree = { "core/a.ts": "", "core/x/b.ts": "", "test/core/x/b.test.ts": "" };
const rows = ["| `core/` | decides |", "| `core/x/` | x |", "| `test/core/` | proves |"];
const faults = (page: string | undefined) =>
  checkMap(tempFolder({ ...tree, ...(page === undefined ? {} : { "docs/architecture.md": page }) })).faults;

test("a map that is the tree passes", () => assert.equal(faults(map(...rows)), []));
test("a folder without a row is a fault", () =>
  assert.equal(faults(map(...rows.slice(0, 1), ...rows.slice(2))), [
    "docs/architecture.md: core/x/ is missing from the map",
  ]));
test("a row without a folder is a fault", () =>
  assert.equal(faults(map(...rows, "| `core/gone/` | gone |")), ["docs/architecture.md: core/gone/ does not exist"]));
test("a row that says nothing is a fault", () =>
  assert.is(faults(map(...rows.slice(0, 2), "| `test/core/` |  |")).length, 1));
test("a folder listed twice is a fault", () => assert.is(faults(map(...rows, rows[0] ?? "")).length, 1));
test("no page, or one without a map, is a fault", () => {
  assert.match(faults(undefined).join(), "has no map");
  assert.match(faults("# T\n").join(), "has no map");
});

test.run();
