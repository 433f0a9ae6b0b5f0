import { createHash } from "node:crypto";
import { cpSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { contentRow, encodeEntry, namedBlobs, parseEntry, type RowEntry } from "../../../core/archive/archive-entry.ts";
import { compareRows, contentLine } from "../../../core/archive/order.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { variedMirror } from "../../support/archive-store.ts";
import { throwsCode } from "../../support/assert.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { reading, tamper, temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/content-entries");

test("every row, in the order of the content id, as an entry that can be read", () => {
  reading(variedMirror(), (mirror) => {
    const all = [...mirror.entries()];
    const hash = createHash("sha256");
    for (const [index, { entry, bytes }] of all.entries()) {
      const row = contentRow(entry);
      hash.update(contentLine(row));
      assert.equal(parseEntry(encodeEntry(entry), defaultLimits), entry);
      const before = all[index - 1];
      if (before !== undefined) assert.ok(compareRows(contentRow(before.entry), row) < 0);
      if (bytes !== undefined) assert.equal(namedBlobs(entry)[0], { digest: digestOf(bytes), size: bytes.length });
    }
    assert.is(`sha256:${hash.digest("hex")}`, mirror.contentId());
    const long = all.find(({ entry }) => entry.kind === "cluster");
    assert.ok(long?.bytes !== undefined && long.bytes.length > 40_000);
  });
});

test("SQLite spells a text as the checksum of its row has it, whatever is in it", () => {
  const database = new Database(":memory:");
  const spell = database.prepare<[string], string>("SELECT json_array(?, NULL)").pluck();
  const points = Array.from({ length: 0x11_00 }, (_, index) => index * 0x100);
  const texts = [
    ...points
      .filter((point) => point < 0xd800 || point > 0xdfff)
      .map((from) => Array.from({ length: 0x100 }, (_, index) => String.fromCodePoint(from + index)).join("")),
    "",
    "\0",
    `a "quoted" \\ and 'another'`,
  ];
  for (const text of texts) assert.is(spell.get(text), JSON.stringify([text, null]));
  database.close();
});

test("a column that became bytes: the row is named, not the folder", () => {
  for (const column of ["source", "value", "digest", "at"]) {
    const store = variedMirror();
    tamper(store, `UPDATE answer SET ${column} = x'00ff' WHERE question = 'tag ghcr.io/org/app 1.1'`);
    const error = throwsCode("mirror-corrupt", () => reading(store, (mirror) => [...mirror.entries()]));
    assert.is(error.subject, "ghcr.io/org/app:1.1", column);
    // Whoever stops reading in between can go on with the mirror.
    reading(store, (mirror) => {
      for (const { entry } of mirror.entries()) if (entry.kind === "manifest") break;
      assert.ok(mirror.contentId());
    });
  }
});

test("a row that was changed is refused, whatever it became", () => {
  const changes = [
    "source = source || 'x'",
    "source = 7",
    "source = x'00ff'",
    "source = CAST(x'41e2' AS TEXT)",
    "question = CAST(question || x'e2' AS TEXT)",
    "checksum = x'00'",
    "checksum = substr(checksum, 2)",
    "checksum = 'a text'",
    "partial = 1",
    "digest = NULL",
  ];
  for (const kind of ["blob", "manifest", "tag", "cluster"])
    for (const change of changes) {
      const folder = variedMirror();
      const one = `SELECT question FROM answer WHERE kind = '${kind}' LIMIT 1`;
      tamper(folder, `UPDATE answer SET ${change} WHERE kind = '${kind}' AND question = (${one})`);
      reading(folder, (mirror) => throwsCode("mirror-corrupt", () => [...mirror.entries()]));
    }
});

test("a row whose kind was changed is in no list, and is refused all the same", () => {
  const store = variedMirror();
  const kinds = reading(store, (mirror) => new Set([...mirror.entries()].map(({ entry }) => entry.kind)));
  for (const kind of ["blob", "cluster", "key", "manifest", "referrers", "tag", "trusted-root"])
    for (const change of ["CAST(kind AS BLOB)", "kind || 'x'", "substr(kind, 2)", "''", "'zz'", "x''"]) {
      assert.ok(kinds.has(kind as RowEntry["kind"]), kind);
      const folder = variedMirror();
      const one = `SELECT question FROM answer WHERE kind = '${kind}' LIMIT 1`;
      tamper(folder, `UPDATE answer SET kind = ${change} WHERE kind = '${kind}' AND question = (${one})`);
      for (const isTrustOnly of [false, true])
        reading(folder, (mirror) => throwsCode("mirror-corrupt", () => [...mirror.entries(isTrustOnly)]));
      assert.is(
        reading(folder, (mirror) => mirror.inspect(nodeVerifier).damaged),
        1,
        change,
      );
    }
});

/** Every column of every table that has rows, with another storage class than its type. */
test("a column that holds another type than its own is found, or changes nothing that is carried", () => {
  const store = variedMirror();
  const database = new Database(join(store, "mirror.db"));
  const entries = (folder: string): string =>
    reading(folder, (mirror) => JSON.stringify([...mirror.entries()].map(({ entry }) => entry)));
  const whole = entries(store);
  const tables = database
    .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all();
  let count = 0;
  for (const table of tables.filter((one) => one !== "named"))
    for (const { name, type } of database.pragma(`table_info(${table})`) as { name: string; type: string }[]) {
      const folder = temporaryFolder();
      cpSync(store, folder, { recursive: true });
      const changed = new Database(join(folder, "mirror.db"));
      try {
        const cast = `CAST(${name} AS ${type === "BLOB" ? "TEXT" : "BLOB"})`;
        if (changed.prepare(`UPDATE ${table} SET ${name} = ${cast} WHERE ${name} IS NOT NULL`).run().changes === 0)
          continue;
      } catch (error) {
        // The table's own rules keep it out.
        if (!/CHECK|datatype/.test(String(error))) throw error;
        continue;
      } finally {
        changed.close();
      }
      count += 1;
      assert.ok(reading(folder, (mirror) => mirror.inspect(nodeVerifier).damaged) > 0, `${table}.${name}`);
      try {
        assert.is(entries(folder), whole, `${table}.${name}`);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        assert.is(error.code, "mirror-corrupt", `${table}.${name}`);
      }
    }
  database.close();
  assert.ok(count > 30, String(count));
});

test.run();
