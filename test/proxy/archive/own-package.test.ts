import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { packOwnProgram } from "../../../proxy/archive/own-package.ts";
import { rejectsCode } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const test = suite("proxy/archive/own-package");

function packageWith(files: Readonly<Record<string, string>>): string {
  const root = tempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const manifest = JSON.stringify({
  name: "sallyport",
  version: "1.2.3",
  bin: { sallyport: "dist/sallyport.mjs" },
  files: ["dist/sallyport.mjs", "dist/chunks", "docs"],
  bundleDependencies: ["better-sqlite3"],
});
const files = {
  "package.json": manifest,
  "README.md": "read me",
  "dist/sallyport.mjs": "run()",
  "dist/chunks/a.mjs": "a",
  "dist/other.mjs": "not in the package",
  "docs/page.md": "a page",
  "secret.env": "not in the package",
  "node_modules/better-sqlite3/package.json": "{}",
  "node_modules/other/package.json": "{}",
};

async function membersOf(bytes: Uint8Array): Promise<readonly string[]> {
  const names: string[] = [];
  const reader = extract();
  reader.end(gunzipSync(bytes));
  for await (const member of reader) {
    names.push(member.header.name);
    member.resume();
  }
  return names.sort();
}

test("what npm pack would take, found from anywhere inside, and the same bytes each time", async () => {
  const root = packageWith(files);
  const { name, bytes } = await packOwnProgram(defaultLimits, join(root, "dist", "chunks"));
  assert.is(name, "sallyport-1.2.3.tgz");
  assert.equal(await membersOf(bytes), [
    "package/README.md",
    "package/dist/chunks/a.mjs",
    "package/dist/sallyport.mjs",
    "package/docs/page.md",
    "package/node_modules/better-sqlite3/package.json",
    "package/package.json",
  ]);
  assert.equal((await packOwnProgram(defaultLimits, root)).bytes, bytes);
});

test("a folder without a built program says which file is not there", async () => {
  const { "dist/sallyport.mjs": _, ...unbuilt } = files;
  const error = await rejectsCode("invalid-config", () => packOwnProgram(defaultLimits, packageWith(unbuilt)));
  assert.is(error.subject, "dist/sallyport.mjs");
  await rejectsCode("invalid-config", () => packOwnProgram(defaultLimits, packageWith({ "a.txt": "" })));
});

test.run();
