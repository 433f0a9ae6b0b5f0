import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { rowChecksum } from "../../../proxy/mirror/row-checksum.ts";
import { throwsCode } from "../../support/assert.ts";
import { oldMirror } from "../../support/old-mirror.ts";
import { origin, reading, tamper, temporaryMirror, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/import-state");
const statement = `sha256:${"1".repeat(64)}` as const;
const contentId = `sha256:${"2".repeat(64)}` as const;
const archive = { sequence: 7, statement, contentId, created: "2026-01-01T00:00:00Z", ...origin };
const key = { fingerprint: "3".repeat(64), pem: "PEM", ...origin };

test("the last archive and the base of deltas are two", () => {
  const mirror = temporaryMirror();
  assert.equal(mirror.imports.seen(), {});
  mirror.imports.noteBase(archive);
  mirror.imports.noteLast(key.fingerprint, { ...archive, sequence: 8 });
  assert.equal(mirror.imports.seen(), { base: archive, last: { ...archive, sequence: 8 } });
});

test("a key is accepted once, and no more when it is rejected", () => {
  const { imports } = temporaryMirror();
  assert.equal([imports.acceptKey(key), imports.acceptKey(key)], [true, false]);
  assert.equal(imports.keys(), [key]);
  assert.equal([imports.rejectKey(key.fingerprint), imports.rejectKey(key.fingerprint)], [{}, undefined]);
  assert.equal(imports.keys(), []);
});

const other = { fingerprint: "4".repeat(64), pem: "PEM", ...origin };

test("what a rejected key brought last is no measure; the highest of the others is", () => {
  const { imports } = temporaryMirror();
  for (const one of [key, other]) imports.acceptKey(one);
  assert.equal(imports.rejectKey("5".repeat(64)), undefined);
  imports.noteLast(other.fingerprint, { ...archive, sequence: 12 });
  const stolen = { ...archive, sequence: Number.MAX_SAFE_INTEGER, statement: `sha256:${"9".repeat(64)}` as const };
  imports.noteLast(key.fingerprint, stolen);
  assert.is(imports.seen().last?.sequence, Number.MAX_SAFE_INTEGER);
  assert.equal(imports.rejectKey(key.fingerprint), { takenBack: stolen, last: { ...archive, sequence: 12 } });
  assert.equal(imports.seen(), { last: { ...archive, sequence: 12 }, rejected: stolen });
  imports.forgetRejected();
  assert.equal(imports.rejectKey(other.fingerprint), { takenBack: { ...archive, sequence: 12 } });
  assert.is(imports.seen().last, undefined);
});

test("who did not sign the last archive takes nothing back", () => {
  const { imports } = temporaryMirror();
  for (const one of [key, other]) imports.acceptKey(one);
  imports.noteLast(key.fingerprint, archive);
  imports.noteLast(other.fingerprint, { ...archive, sequence: 8, statement: contentId });
  assert.equal(imports.rejectKey(key.fingerprint), {});
  assert.is(imports.seen().last?.sequence, 8);
});

test("an older mirror learns who signed from the records of its imports, and keys of metadata are told apart", () => {
  const folder = oldMirror(12);
  const database = new Database(join(folder, "mirror.db"));
  const summary = { key: key.fingerprint, sequence: 7, statement, contentId, signedTime: archive.created };
  database
    .prepare("INSERT INTO run (kind, started, ended, source, summary, checksum) VALUES (?, ?, ?, ?, ?, ?)")
    .run("import", archive.at, archive.at, "a.tar", JSON.stringify(summary), Buffer.alloc(0));
  const bytes = Buffer.from("{}");
  const metadata = database.prepare("INSERT INTO tuf_metadata VALUES (?, ?, ?, ?, ?, ?)");
  const row = ["a b", "targets/100% c", 0, digestOf(bytes)] as const;
  metadata.run(...row, bytes, rowChecksum(row[0], row[1], "0", row[3]));
  const imported = database.prepare("INSERT INTO imported VALUES ('tuf-metadata', ?, ?, 0)");
  imported.run("a b targets/100% c 0", row[3]);
  imported.run("lab root 1", row[3]);
  database.close();
  writtenMirror(({ imports }) => {
    imports.acceptKey(key);
    // The same statement as in the record, by which it is known who signed it.
    imports.noteLast(other.fingerprint, archive);
    assert.is(imports.rejectKey(key.fingerprint)?.takenBack?.statement, statement);
  }, folder);
  const later = new Database(join(folder, "mirror.db"), { readonly: true });
  assert.equal(later.prepare("SELECT key FROM imported ORDER BY key").pluck().all(), [
    "a%20b targets/100%25%20c 0",
    "lab root 1",
  ]);
  later.close();
});

test("neither counts for the content id", () => {
  const mirror = temporaryMirror();
  const before = mirror.contentId();
  mirror.imports.noteLast(key.fingerprint, archive);
  mirror.imports.acceptKey(key);
  assert.is(mirror.contentId(), before);
});

test("a row that was changed is not believed, is named by a check, and can be removed", () => {
  for (const [table, sql] of [
    ["import_seen", "UPDATE import_seen SET sequence = '3'"],
    ["import_key", "UPDATE import_key SET pem = 'other'"],
  ] as const) {
    const store = writtenMirror(({ imports }) => {
      imports.noteLast(key.fingerprint, archive);
      imports.acceptKey(key);
    });
    tamper(store, sql);
    reading(store, ({ imports }) =>
      throwsCode("mirror-corrupt", () => (table === "import_seen" ? imports.seen() : imports.keys())),
    );
    const damage = reading(store, (mirror) => mirror.inspect(nodeVerifier).damage);
    assert.equal(
      damage.map((one) => one.table),
      table === "import_seen" ? [table, table] : [table],
    );
    writtenMirror((mirror) => mirror.writer().removeDamage(damage), store);
    assert.equal(
      reading(store, (mirror) => mirror.inspect(nodeVerifier).damage),
      [],
    );
  }
});

test.run();
