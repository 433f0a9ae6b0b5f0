import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDoors, readDoor } from "../../scripts/open-doors.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/open-doors");
const root = tempFolder({
  "core/index.ts":
    'export { type A, b, c as d } from "./x/b.ts";\nexport {\n  e,\n} from "./e.ts";\nexport type { F } from "./f.ts";\n',
});
const doors = new Map([["core/index.ts", readDoor(root, "core/index.ts")]]);
const open = (source: string, path = "cli/commands/a.ts") => openDoors(source, path, doors);

test("reads what a door gives", () => {
  assert.equal(
    [...(doors.get("core/index.ts") ?? [])],
    [
      ["b", { module: "core/x/b.ts", name: "b" }],
      ["d", { module: "core/x/b.ts", name: "c" }],
      ["e", { module: "core/e.ts", name: "e" }],
    ],
  );
});

test("an import through the door becomes direct, types go", () => {
  assert.is(
    open('import { type A, b, d as dd,\n  e } from "../../core/index.ts";\nb();\n'),
    'import { b as b } from "../../core/x/b.ts"; import { c as dd } from "../../core/x/b.ts"; import { e as e } from "../../core/e.ts";\nb();\n',
  );
});

test("what a door does not give by name stays, and so do other imports", () => {
  for (const source of [
    'import { b, unknown } from "../../core/index.ts";',
    'import * as core from "../../core/index.ts";',
    'import { b } from "./index.ts";',
    'import { b } from "commander";',
  ])
    assert.is(open(source), source);
});

test.run();
