import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { rejectsCode } from "../../support/assert.ts";
import { addKey } from "../../support/snapshot-stage.ts";
import { at, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/copy-mirror");

test("a copy is one plain file with the same content, whatever is written meanwhile", async () => {
  const folder = writtenMirror((mirror) => addKey(mirror, "a"));
  const [writer, reader] = (["write", "read"] as const).map((mode) =>
    openMirror(folder, { mode, limits: defaultLimits }),
  );
  assert.ok(writer !== undefined && reader !== undefined);
  const before = reader.contentId();
  const target = temporaryFolder();
  const copying = reader.copyTo(join(target, "copy.db"));
  addKey(writer, "b");
  const { path, size, digest, contentId } = await copying;
  assert.is(contentId, before);
  assert.is.not(reader.contentId(), before);
  const bytes = readFileSync(path);
  assert.equal([size, digest, [...bytes.subarray(18, 20)]], [bytes.length, digestOf(bytes), [1, 1]]);
  assert.equal(readdirSync(target), ["copy.db"]);
  writer.close();
  reader.close();
});

test("what belongs to one machine is not in it, not even in free pages", async () => {
  const secret = "whose archives are accepted here";
  const folder = writtenMirror((mirror) => {
    addKey(mirror, "a");
    mirror.log.addRun({ kind: "mirror sync", started: at, ended: at, from: "test", summary: {} });
  });
  const database = new Database(join(folder, "mirror.db"));
  const has = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'import_key'").get() !== undefined;
  if (!has) database.exec("CREATE TABLE import_key (fingerprint TEXT, pem TEXT, at TEXT, source TEXT, checksum BLOB)");
  database.prepare("INSERT INTO import_key VALUES ('f', ?, 'at', 'source', x'00')").run(secret);
  database.close();
  assert.ok(readFileSync(join(folder, "mirror.db")).includes(secret));
  const mirror = openMirror(folder, { mode: "read", limits: defaultLimits });
  const { path } = await mirror.copyTo(join(temporaryFolder(), "copy.db"));
  assert.not(readFileSync(path).includes(secret));
  const copy = new Database(path, { readonly: true });
  // How old it is must be seen by those who read it.
  assert.is(copy.prepare("SELECT count(*) FROM run").pluck().get(), 1);
  copy.close();
  mirror.close();
});

test("what cannot be written leaves nothing", async () => {
  const folder = writtenMirror((mirror) => addKey(mirror, "a"));
  const mirror = openMirror(folder, { mode: "read", limits: defaultLimits });
  const path = join(temporaryFolder(), "none", "copy.db");
  await rejectsCode("invalid-usage", () => mirror.copyTo(path));
  assert.not(existsSync(path));
  const { path: twice } = await mirror.copyTo(join(temporaryFolder(), "copy.db"));
  // What a killed process left there does not matter.
  assert.is((await mirror.copyTo(twice)).size, statSync(twice).size);
  mirror.close();
});

test.run();
