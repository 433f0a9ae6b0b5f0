import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { LayerStore } from "../../../proxy/mirror/layer-store.ts";
import { textDigest } from "../../../proxy/mirror/row-checksum.ts";
import { rejectsCode, throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/mirror/layer-store");

test("a layer larger than a chunk is copied once, and the folder is an OCI layout", () => {
  const folder = temporaryFolder();
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 17, 7);
  const digest = digestOf(bytes);
  const store = new LayerStore(folder);
  assert.is(store.size(digest), undefined);
  const copy = (take: (piece: Uint8Array) => void): boolean => {
    for (let at = 0; at < bytes.length; at += 1024 * 1024) take(bytes.subarray(at, at + 1024 * 1024));
    return true;
  };
  assert.ok(store.add(digest, copy));
  assert.ok(store.add(digest, () => assert.unreachable() as never));
  assert.is(store.size(digest), bytes.length);
  assert.ok(readFileSync(store.path(digest)).equals(bytes));
  assert.equal(openLayout(folder, { limits: defaultLimits }).images(), []);
});

test("another digest, nothing, or an error leaves nothing behind", () => {
  const folder = temporaryFolder();
  const store = new LayerStore(folder);
  const digest = textDigest("other");
  throwsCode("malformed", () =>
    store.add(digest, (take) => {
      take(Buffer.from("layer"));
      return true;
    }),
  );
  assert.not(store.add(digest, () => false));
  throwsCode("archive-corrupt", () =>
    store.add(digest, () => {
      throw new EngineError("archive-corrupt", "cut short");
    }),
  );
  assert.not(existsSync(store.path(digest)));
  assert.equal(readdirSync(join(folder, "blobs", "sha256")), []);
});

test("a stream is kept whole, with its size and digest, or not at all", async () => {
  const folder = temporaryFolder();
  const store = new LayerStore(folder);
  const bytes = encodeUtf8("a layer");
  const digest = digestOf(bytes);
  async function* pieces(...given: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
    yield* given;
  }
  async function* broken(): AsyncIterable<Uint8Array> {
    yield bytes.subarray(0, 3);
    throw new EngineError("unreachable", "it broke off");
  }
  await rejectsCode("upstream-error", () => store.addStream(digest, 7, pieces(encodeUtf8("another"))));
  await rejectsCode("upstream-error", () => store.addStream(digest, 7, pieces(bytes, bytes)));
  await rejectsCode("upstream-error", () => store.addStream(digest, 7, pieces(bytes.subarray(0, 6))));
  assert.equal([store.size(digest), readdirSync(join(folder, "blobs", "sha256"))], [undefined, []]);
  await rejectsCode("unreachable", () => store.addStream(digest, 7, broken()));
  assert.equal([store.size(digest), store.partial(digest), [...store.names()]], [undefined, 3, []]);
  await store.addStream(digest, 7, pieces(bytes.subarray(3)), 3);
  assert.equal([store.size(digest), [...store.partials()]], [7, []]);
  rmSync(store.path(digest));
  await store.addStream(digest, 7, pieces(bytes.subarray(0, 3), bytes.subarray(3)));
  assert.is(store.size(digest), 7);
});

test.run();
