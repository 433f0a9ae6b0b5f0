import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { MirrorKnowledge } from "../../../proxy/mirror/mirror-knowledge.ts";
import { RowWriter } from "../../../proxy/mirror/row-writer.ts";
import { origin, reading, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/row-writer");
const repository = "ghcr.io/org/app";

test("a transaction is all or nothing, nested ones too", () => {
  const folder = writtenMirror((mirror) => {
    const writer = mirror.writer();
    const failing = () =>
      writer.transaction(() => {
        writer.setAnswer({ kind: "tag", repository, tag: "1" }, { state: "absent", ...origin });
        throw new RangeError("stop");
      });
    assert.throws(failing, "stop");
    writer.transaction(() => {
      writer.setAnswer({ kind: "tag", repository, tag: "2" }, { state: "absent", ...origin });
      assert.throws(failing, "stop");
    });
  });
  reading(folder, (mirror) => {
    assert.is(mirror.knowledge().answer({ kind: "tag", repository, tag: "1" }), undefined);
    assert.is(mirror.knowledge().answer({ kind: "tag", repository, tag: "2" })?.state, "absent");
  });
});

test("what is taken back is another version than what was read in between", () => {
  writtenMirror((mirror) => {
    const version = () => mirror.knowledge().state().version;
    const [writer, before] = [mirror.writer(), version()];
    writer.begin();
    writer.setAnswer({ kind: "tag", repository, tag: "1" }, { state: "absent", ...origin });
    const between = version();
    assert.is.not(between, before);
    writer.rollback();
    assert.is.not(version(), between);
  });
});

test("who wrote before an import knows afterwards that archives brought something", () => {
  const folder = writtenMirror(() => undefined);
  const database = new Database(join(folder, "mirror.db"));
  const rows = new RowWriter(database, folder, { noteTakenBack: () => undefined } as MirrorKnowledge);
  const own = (): readonly unknown[] => database.prepare("SELECT kind, key FROM own").raw().all();
  const key = `tag ${repository} 1`;
  rows.noteOwn("tag", key, "absent");
  assert.equal(own(), [], "no archive brought it");
  rows.begin();
  rows.run("put-imported", "tag", key, "absent", 0);
  rows.commit();
  rows.noteOwn("tag", key, "absent");
  // Else the next archive, which lacks it, would take away what this side has by itself.
  assert.equal(own(), [["tag", key]]);
  database.close();
});

test.run();
