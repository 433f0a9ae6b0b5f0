import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renewFolder } from "../../scripts/renew-folder.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/renew-folder");

test("a folder is renewed while it is in use: whole at every moment, and without what is no longer built", async () => {
  const folder = tempFolder({ "program.mjs": "old", "chunks/a.mjs": "old", "chunks/b.mjs": "old" });
  const read = (path: string): string => readFileSync(join(folder, path), "utf8");
  const said = await renewFolder(folder, async (fresh) => {
    mkdirSync(join(fresh, "chunks"));
    for (const path of ["program.mjs", "chunks/a.mjs", "chunks/c.mjs"]) writeFileSync(join(fresh, path), "new");
    assert.equal([read("program.mjs"), read("chunks/b.mjs")], ["old", "old"]);
    return "made";
  });
  assert.equal([said, read("program.mjs"), read("chunks/a.mjs"), read("chunks/c.mjs")], ["made", "new", "new", "new"]);
  assert.equal(readdirSync(folder).sort(), ["chunks", "program.mjs"]);
  assert.equal(readdirSync(join(folder, "chunks")).sort(), ["a.mjs", "c.mjs"]);
});

test("folders that became empty go; what others keep in the folder stays", async () => {
  const folder = tempFolder({ "compiled/node-1/a.bin": "old", "types/a.tsbuildinfo": "kept", "program.mjs": "old" });
  await renewFolder(
    folder,
    async (fresh) => {
      mkdirSync(join(fresh, "compiled/node-2"), { recursive: true });
      for (const path of ["program.mjs", "compiled/node-2/a.bin"]) writeFileSync(join(fresh, path), "new");
    },
    ["types"],
  );
  assert.equal(readdirSync(join(folder, "compiled")), ["node-2"]);
  assert.equal(readdirSync(folder).sort(), ["compiled", "program.mjs", "types"]);
  assert.is(readFileSync(join(folder, "types/a.tsbuildinfo"), "utf8"), "kept");
});

test("two builds at once do not disturb each other", async () => {
  const folder = tempFolder();
  const build = (name: string) => async (fresh: string) => {
    writeFileSync(join(fresh, name), name);
    await renewFolder(folder, async (other) => writeFileSync(join(other, "inner.mjs"), "inner"));
    assert.ok(existsSync(join(fresh, name)), "not taken away by the other");
  };
  await renewFolder(folder, build("outer.mjs"));
  assert.equal(readdirSync(folder).sort(), ["inner.mjs", "outer.mjs"]);
});

test("a build that fails leaves what was there", async () => {
  const folder = tempFolder({ "program.mjs": "old" });
  let failed = "";
  await renewFolder(folder, async () => {
    throw new Error("no build");
  }).catch((error: unknown) => {
    failed = String(error);
  });
  assert.is(failed, "Error: no build");
  assert.equal(readdirSync(folder), ["program.mjs"]);
  assert.is(readFileSync(join(folder, "program.mjs"), "utf8"), "old");
});

test.run();
