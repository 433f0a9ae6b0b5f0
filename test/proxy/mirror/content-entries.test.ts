import { createHash } from "node:crypto";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { contentRow, encodeEntry, namedBlobs, parseEntry } from "../../../core/archive/archive-entry.ts";
import { compareRows, contentLine } from "../../../core/archive/order.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { variedMirror } from "../../support/archive-store.ts";
import { throwsCode } from "../../support/assert.ts";
import { reading, tamper } from "../../support/temporary-mirror.ts";

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

test.run();
