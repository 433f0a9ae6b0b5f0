import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isNodeAccepted, progressLine, secondsBetweenLines, staleReason } from "../../scripts/bootstrap.mjs";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/bootstrap");
const lock = (packages: object) => JSON.stringify({ packages });

test("accepts the wanted Node and later ones", () => {
  assert.is(isNodeAccepted(">=20.19.0", "v20.19.0"), true);
  assert.is(isNodeAccepted(">=20.19.0", "v22.1.0"), true);
  assert.is(isNodeAccepted(">=20.19.0", "v20.18.9"), false);
  assert.is(isNodeAccepted(">=20.19.0", "v18.20.0"), false);
});

test("packages of another version, or none at all, are stale", () => {
  const wanted = lock({
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "1.0.0", optional: true, cpu: ["another"] },
    "node_modules/c": { version: "1.0.0", optional: true },
  });
  const root = (installed?: object) =>
    tempFolder({
      "package-lock.json": wanted,
      ...(installed === undefined ? {} : { "node_modules/.package-lock.json": lock(installed) }),
    });
  assert.match(staleReason(root()) ?? "", "not installed");
  assert.match(staleReason(root({})) ?? "", "node_modules/a");
  assert.match(staleReason(root({ "node_modules/a": { version: "1.0.1" } })) ?? "", "1.0.1");
  assert.match(staleReason(root({ "node_modules/a": { version: "1.0.0" } })) ?? "", "node_modules/c", "native");
  const all = { "node_modules/a": { version: "1.0.0" }, "node_modules/c": { version: "1.0.0" } };
  assert.is(staleReason(root(all)), undefined);
});

test("a line says how many packages are there, and when they all are, what npm still does", () => {
  const files = { "package-lock.json": lock({ "": {}, "node_modules/a": {}, "node_modules/b": {} }) };
  const root = tempFolder({ ...files, "node_modules/a/package.json": "{}" });
  assert.match(progressLine(root, 5), "5 s, 1 of 2 packages are here: fetching");
  const whole = tempFolder({ ...files, "node_modules/a/package.json": "{}", "node_modules/b/package.json": "{}" });
  assert.match(progressLine(whole, 10), "2 of 2 packages are here: install scripts run");
});

test("a line every 5 seconds on a screen, every 30 in a log", () => {
  assert.equal([true, false].map(secondsBetweenLines), [5, 30]);
});

test("a native module that cannot be had: what to install is named, Node's headers too", () => {
  const root = tempFolder({
    "package.json": JSON.stringify({ engines: { node: ">=20.0.0" } }),
    "package-lock.json": lock({ "": {} }),
    "node_modules/.package-lock.json": lock({}),
  });
  const script = new URL("../../scripts/bootstrap.mjs", import.meta.url).href;
  const call = `process.exit(await bootstrap(${JSON.stringify(root)}));`;
  const text = `const { bootstrap } = await import("${script}"); ${call}`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", text], { encoding: "utf8" });
  assert.is(status, 2);
  assert.match(stderr, /^error invalid-config: better-sqlite3 has no native module$/m);
  for (const needed of ["python3", "make", "g++", "Node's headers", "nodedir"])
    assert.ok(stderr.includes(needed), needed);
});

test.run();
