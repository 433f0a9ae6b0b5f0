import { existsSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { addBootstrap } from "../../../proxy/crossing/bootstrap-files.ts";
import { Spool } from "../../../proxy/crossing/spool.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/spool");
const unasked = { sizes: () => [] };
const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;

function using<T>(use: (spool: Spool) => T, limits = defaultLimits): T {
  const folder = join(temporaryFolder(), "work");
  const spool = new Spool(folder, limits);
  try {
    return use(spool);
  } finally {
    spool.close();
    assert.not(existsSync(folder));
  }
}

test("blobs come sorted, the first of a digest counts, and what the base has is taken out", () => {
  using((spool) => {
    for (const letter of ["c", "a", "b"]) spool.add({ digest: digest(letter), size: 1 });
    spool.add({ digest: digest("a"), size: 1, use: "layer", path: 'a "place"' });
    spool.add({ digest: digest("e"), size: 2, use: "layer", path: 'a "place"' });
    spool.add({ digest: digest("d"), size: 1, use: "bootstrap" });
    // A file to begin with is carried whatever the base has.
    spool.add({ digest: digest("b"), size: 1, use: "bootstrap" });
    const noted: string[] = [];
    const carried: string[] = [];
    spool.seal({
      ...unasked,
      without: ["0", "b", "d", "f"].map(digest),
      noted: (found) => void noted.push(found[7] as string),
      carried: ({ digest, size, use }) => void carried.push(`${digest[7]} ${size} ${use}`),
    });
    assert.equal(noted, ["a", "b", "c", "e"]);
    assert.equal(
      carried,
      [...spool.blobs()].map(({ digest, size, use }) => `${digest[7]} ${size} ${use}`),
    );
    assert.equal(
      [...spool.blobs()].map((blob) => `${blob.digest[7]} ${blob.size} ${blob.use} ${blob.path}`),
      [
        "a 1 undefined undefined",
        "b 1 bootstrap undefined",
        "c 1 undefined undefined",
        "d 1 bootstrap undefined",
        'e 2 layer a "place"',
      ],
    );
  });
});

test("sizes of the mirror's blobs are looked up together, and bytes of others are kept", () => {
  using((spool) => {
    const bytes = encodeUtf8("a long value");
    for (const letter of ["b", "a"]) spool.add({ digest: digest(letter) });
    spool.add({ digest: digest("c"), size: 3, bytes: encodeUtf8("one") });
    spool.add({ digest: digest("d"), size: bytes.length, bytes });
    const asked: string[][] = [];
    spool.seal({
      sizes: (digests) => {
        asked.push(digests.map((one) => one[7] as string));
        return digests.map((_, index) => index + 7);
      },
    });
    assert.equal(asked, [["a", "b"]]);
    const found = [...spool.blobs()];
    assert.equal(
      found.map(({ size, at }) => [size, at]),
      [
        [7, undefined],
        [8, undefined],
        [3, 0],
        [12, 3],
      ],
    );
    const [piece] = spool.pieces({ at: found[3]?.at ?? 0, size: found[3]?.size ?? 0 });
    assert.is(decodeUtf8(piece as Uint8Array), "a long value");
  });
  using((spool) => {
    spool.add({ digest: digest("a") });
    throwsCode("mirror-corrupt", () => spool.seal({ sizes: () => [undefined] }));
  });
});

test("lines of the index are those of blobs that are carried, within its bound", () => {
  using((spool) => {
    spool.add({ digest: digest("b"), size: 1 });
    spool.list(digest("b"), "two");
    spool.list(digest("b"), "one");
    spool.list(digest("b"), "one");
    spool.list(digest("a"), "not carried");
    spool.seal(unasked);
    assert.equal(
      [...spool.indexLines()].map(({ line }) => line),
      ["one", "two"],
    );
    assert.equal(
      [...spool.costs()].map(({ listed }) => listed),
      [8],
    );
  });
  using(
    (spool) => {
      spool.add({ digest: digest("b"), size: 1 });
      spool.list(digest("b"), "a line");
      spool.seal(unasked);
      assert.equal([...spool.indexLines()], []);
    },
    { ...defaultLimits, layoutIndexBytes: 64 * 1024 },
  );
});

test("files to bootstrap from are measured, and named by an artifact", () => {
  using((spool) => {
    const bytes = encodeUtf8("a chart");
    const files = addBootstrap(
      [
        { name: "chart.tgz", bytes },
        { name: "LICENSE", path: "LICENSE" },
      ],
      spool,
    );
    spool.seal(unasked);
    assert.equal(files[0], { name: "chart.tgz", digest: digestOf(bytes), size: bytes.length });
    assert.is([...spool.blobs()].length, 4);
    assert.match([...spool.indexLines()][0]?.line ?? "", "sallyport-bootstrap");
  });
});

test.run();
