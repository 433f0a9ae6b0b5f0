import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { PulledLayers } from "../../../proxy/registry/pulled-layers.ts";
import { rejectsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/registry/pulled-layers");
const layers = ["first", "other", "third"].map((text) => ({
  bytes: Buffer.from(text),
  digest: digestOf(Buffer.from(text)),
}));
const [first, other, third] = layers as [(typeof layers)[0], (typeof layers)[0], (typeof layers)[0]];
const blobs = (folder: string): string => join(folder, "pulled", "blobs", "sha256");
const add = (store: PulledLayers, { bytes, digest }: (typeof layers)[0], given = bytes): Promise<void> =>
  store.add(
    digest,
    bytes.length,
    Readable.from([given]),
    () => undefined,
    () => undefined,
  );

test("past the size the layer goes that nobody asked for longest", async () => {
  const store = new PulledLayers({ folder: temporaryFolder(), maxBytes: 10 });
  await add(store, first);
  await add(store, other);
  assert.is(store.bytes, 10);
  assert.ok(store.find(first.digest) !== undefined);
  await add(store, third);
  assert.ok(store.find(first.digest) !== undefined);
  assert.is(store.find(other.digest), undefined);
  assert.is(store.bytes, 10);
  assert.not.ok(store.fits(11));
});

test("after a start the order is that of the last use; what was being written is gone", async () => {
  const folder = temporaryFolder();
  const store = new PulledLayers({ folder, maxBytes: 100 });
  for (const layer of layers) await add(store, layer);
  for (const [index, { digest }] of [other, first, third].entries())
    utimesSync(join(blobs(folder), digest.slice(7)), index, index);
  writeFileSync(join(blobs(folder), `${first.digest.slice(7)}.left.part`), "x");
  const again = new PulledLayers({ folder, maxBytes: 11 });
  assert.equal(
    layers.map(({ digest }) => again.find(digest) !== undefined),
    [true, false, true],
  );
  assert.equal(
    readdirSync(blobs(folder)).filter((name) => name.endsWith(".part")),
    [],
  );
});

test("a reader serves what is there and changes nothing, and needs no folder", async () => {
  const folder = temporaryFolder();
  const store = new PulledLayers({ folder, maxBytes: 100 });
  for (const layer of layers) await add(store, layer);
  writeFileSync(join(blobs(folder), `${first.digest.slice(7)}.left.part`), "x");
  const before = readdirSync(blobs(folder));
  const reader = new PulledLayers({ folder, maxBytes: 1, isReadOnly: true });
  assert.equal(
    layers.map(({ digest }) => reader.find(digest)?.size),
    [5, 5, 5],
  );
  reader.remove(first.digest);
  assert.is(reader.find(first.digest), undefined);
  assert.equal(readdirSync(blobs(folder)), before);
  const none = new PulledLayers({ folder: temporaryFolder(), maxBytes: 1, isReadOnly: true });
  assert.is(none.find(first.digest), undefined);
});

test("what does not have its digest or its size is not kept, and nothing is left of it", async () => {
  const folder = temporaryFolder();
  const store = new PulledLayers({ folder, maxBytes: 100 });
  for (const wrong of ["fIrst", "firs", "first!"])
    await rejectsCode("upstream-error", () => add(store, first, Buffer.from(wrong)));
  assert.equal(readdirSync(blobs(folder)), []);
  assert.is(store.bytes, 0);
});

test("a configuration that is read again leaves what is being written", async () => {
  const folder = temporaryFolder();
  const store = new PulledLayers({ folder, maxBytes: 100 });
  let finish: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (finish = resolve));
  async function* source() {
    yield first.bytes.subarray(0, 2);
    await slow;
    yield first.bytes.subarray(2);
  }
  const adding = store.add(
    first.digest,
    first.bytes.length,
    source(),
    () => undefined,
    () => finish(),
  );
  const next = new PulledLayers({ folder, maxBytes: 100 });
  await adding;
  assert.ok(next.find(first.digest) !== undefined);
  next.remove(first.digest);
  assert.not.ok(existsSync(join(blobs(folder), first.digest.slice(7))));
});

test.run();
