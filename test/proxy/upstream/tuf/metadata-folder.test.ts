import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { MetadataFolder } from "../../../../proxy/upstream/tuf/metadata-folder.ts";
import { throwsCode } from "../../../support/assert.ts";
import { tempFolder } from "../../../support/temp-folder.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("proxy/upstream/tuf/metadata-folder");
const bytes = encodeUtf8("bytes");

test("one file a role, byte for byte, whatever the role is called", () => {
  const folder = tempFolder();
  const held = new MetadataFolder(join(folder, "metadata"), defaultLimits);
  for (const role of ["root", "timestamp", "../up", "a/b", ".", "ü*"]) {
    assert.is(held.read(role), undefined);
    held.write(role, bytes);
    assert.equal(held.read(role), bytes);
  }
  assert.equal(readdirSync(folder), ["metadata"]);
  assert.equal(
    readdirSync(join(folder, "metadata")).sort(),
    ["..json", "..%2Fup.json", "%C3%BC%2A.json", "a%2Fb.json", "root.json", "timestamp.json"].sort(),
  );
  held.remove("a/b");
  held.remove("a/b");
  assert.is(held.read("a/b"), undefined);
});

test("without a root there is nothing to begin with, and a file larger than any metadata is none", () => {
  const folder = tempFolder();
  throwsCode("no-trust", () => new MetadataFolder(folder, defaultLimits).root());
  writeFileSync(join(folder, "root.json"), new Uint8Array(5_000_001));
  throwsCode("no-trust", () => new MetadataFolder(folder, defaultLimits).root());
});

test("metadata of a role is replaced as a whole", () => {
  const folder = tempFolder();
  const held = new MetadataFolder(folder, defaultLimits);
  held.write("root", bytes);
  held.write("root", encodeUtf8("other"));
  assert.equal(held.read("root"), encodeUtf8("other"));
  assert.equal(readdirSync(folder), ["root.json"]);
});

test.run();
