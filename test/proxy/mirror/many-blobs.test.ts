import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Digest, digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/many-blobs");

/** Text, bytes that are none, nothing, zeros within, and more than is read as text. */
const contents: readonly Uint8Array[] = [
  ...Array.from({ length: 150 }, (_, index) => encodeUtf8(`text é ${index}`)),
  Uint8Array.of(0xff, 0xfe, 0x00, 0xc3),
  new Uint8Array(0),
  encodeUtf8("a\0b"),
  new Uint8Array(70_000).fill(0x61),
  new Uint8Array(65_536).fill(0xff),
];
const byDigest = new Map(contents.map((bytes) => [digestOf(bytes), bytes] as const));
const digests = [...byDigest.keys()].sort();
const repository = "registry.example/app";

const filled = (): string =>
  writtenMirror((mirror) => {
    for (const [digest, value] of byDigest)
      mirror.writer().setAnswer({ kind: "blob", repository, digest }, { state: "present", value, ...origin });
  });

test("bytes of many come in order, whatever they are, and the sizes of those that are here", () => {
  reading(filled(), (mirror) => {
    let next = 0;
    for (const bytes of mirror.blobBytes(digests)) {
      assert.ok(Buffer.compare(bytes, byDigest.get(digests[next] as Digest) as Uint8Array) === 0, String(next));
      next += 1;
    }
    assert.is(next, digests.length);
    const unknown = digestOf(encodeUtf8("nobody has this"));
    const sizes = mirror.blobSizes([...digests, unknown]);
    assert.is(sizes.size, digests.length);
    for (const [digest, bytes] of byDigest) assert.is(sizes.get(digest), bytes.length);
    assert.is(mirror.blobSizes([]).size, 0);
    assert.equal([...mirror.blobBytes([])], []);
    throwsCode("mirror-corrupt", () => [...mirror.blobBytes([unknown])]);
    throwsCode("mirror-corrupt", () => [...mirror.blobBytes([...digests, unknown].sort())]);
  });
});

test("bytes that were changed, or became a text, are refused", () => {
  for (const change of ["x'00'", "'a text'", "CAST(bytes AS TEXT) || 'x'"]) {
    const folder = filled();
    const [first = ""] = digests;
    tamper(folder, `UPDATE blob SET bytes = ${change} WHERE digest = '${first}'`);
    reading(folder, (mirror) => throwsCode("mirror-corrupt", () => [...mirror.blobBytes(digests)]));
  }
});

test.run();
