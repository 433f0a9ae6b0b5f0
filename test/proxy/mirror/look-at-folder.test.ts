import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { lookAtFolder } from "../../../proxy/mirror/look-at-folder.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/look-at-folder");
const holder = { pid: 4711, host: "node-3", since: "2026-01-01T00:00:00Z", command: "mirror sync" };

test("a folder of this user on a local disk can be written, has locks, and nothing is left in it", () => {
  const folder = temporaryFolder();
  const look = lookAtFolder(folder);
  assert.equal([look.kind, look.isWritable, look.locks], ["folder", true, "work"]);
  assert.ok(look.disk.bytes >= look.disk.freeBytes && look.disk.bytes > 0);
  assert.equal([look.writer, look.left], [undefined, undefined]);
  assert.equal(readdirSync(folder), []);
});

test("what is no folder is not looked into", () => {
  const folder = temporaryFolder();
  assert.is(lookAtFolder(join(folder, "none")).kind, "none");
  assert.not(existsSync(join(folder, "none")));
  writeFileSync(join(folder, "file"), "");
  assert.is(lookAtFolder(join(folder, "file")).kind, "other");
});

test("who writes is told, and who was ended before it could take its name away", () => {
  const folder = temporaryFolder();
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits, holder });
  const look = lookAtFolder(folder);
  mirror.close();
  assert.equal([look.writer, look.left], [holder, undefined]);
  const killed = writtenMirror(() => undefined);
  writeFileSync(join(killed, "writer.json"), JSON.stringify(holder));
  assert.equal([lookAtFolder(killed).writer, lookAtFolder(killed).left], [undefined, holder]);
});

test.run();
