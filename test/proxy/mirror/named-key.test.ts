import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { placeKey } from "../../../proxy/mirror/named-key.ts";
import { findNaming } from "../../../proxy/registry/named-blobs.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/named-key");
const repository = "a.example/app";
const digest = (text: string) => digestOf(encodeUtf8(text));
const entry = (text: string) => ({ mediaType: "a/b", digest: digest(text), size: text.length });
const image = JSON.stringify({ schemaVersion: 2, config: entry("{}"), layers: [entry("one"), entry("two")] });
const index = JSON.stringify({ schemaVersion: 2, manifests: [{ ...entry(image), size: image.length }] });

const filled = (folder = temporaryFolder()): string =>
  writtenMirror((mirror) => {
    for (const text of [image, index])
      mirror
        .writer()
        .setAnswer(
          { kind: "manifest", repository, digest: digest(text) },
          { state: "present", value: encodeUtf8(text), ...origin },
        );
  }, folder);
const naming = (folder: string, text: string, where = repository) =>
  reading(folder, (mirror) => findNaming(mirror, where, digest(text), defaultLimits).map((one) => one.digest));

test("a manifest is found by what it names: configuration, layers, children; in its own repository", () => {
  const folder = filled();
  for (const text of ["{}", "one", "two"]) assert.equal(naming(folder, text), [digest(image)], text);
  assert.equal(naming(folder, image), [digest(index)]);
  assert.equal(naming(folder, "three"), []);
  assert.equal(naming(folder, "one", "a.example/other"), []);
});

test("a row is a hint: a manifest is believed to name what it names", () => {
  const folder = filled();
  const own = Buffer.from(digest(image).slice(7), "hex");
  tamper(folder, "INSERT INTO named VALUES (?, ?)", placeKey(repository, digest("three")), own);
  tamper(folder, "INSERT INTO named VALUES (?, ?)", placeKey(repository, digest("three")), Buffer.from("odd"));
  assert.equal(naming(folder, "three"), []);
});

test("it is no part of the content", () => {
  const folder = filled();
  const before = reading(folder, (mirror) => mirror.contentId());
  tamper(folder, "DELETE FROM named");
  assert.is(
    reading(folder, (mirror) => mirror.contentId()),
    before,
  );
});

test("an older mirror is brought up to date with it; manifests that are no JSON name nothing", () => {
  const folder = filled();
  const database = new Database(join(folder, "mirror.db"));
  database.exec("DROP TABLE named; DROP TABLE own; DROP TABLE taken");
  database.pragma("user_version = 11");
  const odd = encodeUtf8("no JSON");
  database.prepare("INSERT INTO blob VALUES (?, ?)").run(digestOf(odd), odd);
  const columns = "value, at, source, checksum, partial FROM answer LIMIT 1";
  const copied = `INSERT INTO answer SELECT kind, 'x', repository, ?, state, ?, ${columns}`;
  database.prepare(copied).run(digestOf(odd), digestOf(odd));
  database.close();
  openMirror(folder, { mode: "write", limits: defaultLimits }).close();
  for (const text of ["{}", "one", "two"]) assert.equal(naming(folder, text), [digest(image)], text);
  assert.equal(naming(folder, image), [digest(index)]);
});

test("what is no longer here is forgotten when garbage is collected", () => {
  const folder = filled();
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  mirror.writer().collect({ keepLast: 0 });
  mirror.close();
  const database = new Database(join(folder, "mirror.db"), { readonly: true });
  assert.is(database.prepare("SELECT count(*) FROM named").pluck().get(), 0);
  database.close();
});

test.run();
