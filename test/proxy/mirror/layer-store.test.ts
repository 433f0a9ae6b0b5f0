import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { LayerStore } from "../../../proxy/mirror/layer-store.ts";
import { digestBytes } from "../../../proxy/mirror/row-checksum.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/layer-store");

test("a layer larger than a chunk is copied once, and the folder is an OCI layout", () => {
  const folder = temporaryFolder();
  const source = join(temporaryFolder(), "layer");
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 17, 7);
  writeFileSync(source, bytes);
  const digest = digestBytes(bytes);
  const store = new LayerStore(folder);
  assert.is(store.size(digest), undefined);
  assert.is(store.add(digest, source), "copied");
  assert.is(store.add(digest, source), "exists");
  assert.is(store.size(digest), bytes.length);
  assert.ok(readFileSync(store.path(digest)).equals(bytes));
  assert.equal(openLayout(folder).images(), []);
});

test("another digest leaves nothing behind", () => {
  const folder = temporaryFolder();
  const source = join(folder, "layer");
  writeFileSync(source, "layer");
  const store = new LayerStore(folder);
  const digest = digestBytes("other");
  throwsCode("malformed", () => store.add(digest, source));
  assert.not(existsSync(store.path(digest)));
  assert.equal(readdirSync(join(folder, "blobs", "sha256")), []);
});

test.run();
