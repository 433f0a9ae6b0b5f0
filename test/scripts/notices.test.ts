import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bundles } from "../../scripts/build-engine.ts";
import { checkNotices, notices, packageFolder } from "../../scripts/notices.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/notices");

test("the package of a file: scoped, nested", () => {
  assert.is(packageFolder("node_modules/yaml/dist/index.js"), "node_modules/yaml");
  assert.is(packageFolder("node_modules/@noble/hashes/sha2.js"), "node_modules/@noble/hashes");
  assert.is(packageFolder("node_modules/a/node_modules/b/c.js"), "node_modules/a/node_modules/b");
});

test("the committed file is current, and has the licences of what is bundled and of SQLite", async () => {
  const { text, packages } = await notices(projectRoot);
  assert.is(readFileSync(join(projectRoot, "THIRD-PARTY-NOTICES.txt"), "utf8"), text);
  assert.ok(packages > 10);
  for (const name of ["yaml", "commander", "@noble/curves", "better-sqlite3", "bindings"])
    assert.match(text, new RegExp(`^${name} [0-9.]+ \\([A-Z]`, "m"), name);
  assert.not.match(text, /^(?:esbuild|typescript|uvu) /m);
});

/** The modules that bundles are made of: here they have nothing. */
const engine = Object.fromEntries([...bundles.engine, ...bundles.edge].map((path) => [path, "export {};\n"]));
const bundle = (manifest: object) => ({
  ...engine,
  "cli/main.ts": 'import "one";\n',
  "package.json": '{"version":"1.0.0"}',
  "node_modules/one/package.json": JSON.stringify({ name: "one", version: "1.0.0", ...manifest }),
  "node_modules/one/index.js": "console.log(1);\n",
});

test("an old file, a package without licence, and a bundle without packages are faults", async () => {
  const root = tempFolder(bundle({ license: "MIT" }));
  const { text } = await notices(root);
  assert.match(text, /one 1\.0\.0 \(MIT\)/);
  assert.match((await checkNotices(tempFolder({ ...bundle({ license: "MIT" }) }))).faults.join(), "out of date");
  const nameless = tempFolder(bundle({}));
  assert.match((await checkNotices(nameless)).faults.join(), "one 1.0.0 names no licence");
  const empty = tempFolder({ ...engine, "cli/main.ts": "console.log(1);\n", "package.json": '{"version":"1.0.0"}' });
  assert.match((await checkNotices(empty)).faults.join(), "blind");
});

test.run();
