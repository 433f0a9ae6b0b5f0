import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Digest, digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/many-blobs");

/** Text, bytes that are none, nothing, zeros within, and more than is read in one go. */
const contents: readonly Uint8Array[] = [
  ...Array.from({ length: 150 }, (_, index) => encodeUtf8(`text é ${index}`)),
  Uint8Array.of(0xff, 0xfe, 0x00, 0xc3),
  new Uint8Array(0),
  encodeUtf8("a\0b"),
  new Uint8Array(70_000).fill(0x61),
  new Uint8Array(65_536).fill(0xff),
  new Uint8Array(300_000).fill(0x62),
];
const byDigest = new Map(contents.map((bytes) => [digestOf(bytes), bytes] as const));
const digests = [...byDigest.keys()].sort();
const sized = (digest: Digest) => ({ digest, size: byDigest.get(digest)?.length ?? 3 });
const blobs = digests.map(sized);
const repository = "registry.example/app";

const filled = (): string =>
  writtenMirror((mirror) => {
    for (const [digest, value] of byDigest)
      mirror.writer().setAnswer({ kind: "blob", repository, digest }, { state: "present", value, ...origin });
  });

test("bytes of many come in order, whatever they are, and the sizes of those that are here", () => {
  reading(filled(), (mirror) => {
    let next = 0;
    for (const [blob, bytes] of mirror.blobBytes(blobs)) {
      assert.is(blob, blobs[next]);
      assert.ok(Buffer.compare(bytes as Uint8Array, byDigest.get(blob.digest) as Uint8Array) === 0, String(next));
      next += 1;
    }
    assert.is(next, digests.length);
    const isElsewhere = ({ size }: { readonly size: number }) => size === 70_000;
    const passed = [...mirror.blobBytes(blobs, isElsewhere)];
    assert.equal(
      passed.map(([blob, bytes]) => [blob, bytes?.length]),
      blobs.map((blob) => [blob, isElsewhere(blob) ? undefined : blob.size]),
    );
    const unknown = digestOf(encodeUtf8("nobody has this"));
    assert.equal(mirror.blobSizes([unknown, ...digests]), [undefined, ...blobs.map(({ size }) => size)]);
    assert.equal(mirror.blobSizes([]), []);
    assert.equal([...mirror.blobBytes([])], []);
    throwsCode("mirror-corrupt", () => [...mirror.blobBytes([sized(unknown)])]);
    throwsCode("mirror-corrupt", () => [...mirror.blobBytes([...digests, unknown].sort().map(sized))]);
    const [first, ...others] = blobs;
    for (const size of [0, 1_000_000])
      throwsCode("mirror-corrupt", () => [
        ...mirror.blobBytes([{ ...(first as (typeof blobs)[number]), size }, ...others]),
      ]);
  });
});

test("bytes that were changed, or became a text, are refused", () => {
  // The last has as many bytes as it had: where many are read in one go, only the digest says it.
  for (const change of [
    "x'00'",
    "'a text'",
    "CAST(bytes AS TEXT) || 'x'",
    "7",
    "CAST(bytes || x'ff' AS BLOB)",
    "zeroblob(length(bytes))",
  ]) {
    const folder = filled();
    const [first = ""] = digests;
    tamper(folder, `UPDATE blob SET bytes = ${change} WHERE digest = '${first}'`);
    reading(folder, (mirror) => throwsCode("mirror-corrupt", () => [...mirror.blobBytes(blobs)]));
  }
});

test.run();
