import { existsSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { addBootstrap } from "../../../proxy/crossing/bootstrap-files.ts";
import { Spool } from "../../../proxy/crossing/spool.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/spool");
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
    spool.add({ digest: digest("a"), size: 1, use: "layer", path: "x" });
    const all = () => [...spool.blobs()].map((blob) => `${blob.digest[7]} ${blob.use}`);
    assert.equal(all(), ["a null", "b null", "c null"]);
    spool.drop(digest("b"));
    spool.add({ digest: digest("d"), size: 1, use: "bootstrap" });
    assert.equal(all(), ["a null", "c null", "d bootstrap"]);
  });
});

test("lines of the index are those of blobs that are carried, within its bound", () => {
  using((spool) => {
    spool.add({ digest: digest("b"), size: 1 });
    spool.list(digest("b"), "two");
    spool.list(digest("b"), "one");
    spool.list(digest("b"), "one");
    spool.list(digest("a"), "not carried");
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
    assert.equal(files[0], { name: "chart.tgz", digest: digestOf(bytes), size: bytes.length });
    assert.is([...spool.blobs()].length, 4);
    assert.match([...spool.indexLines()][0]?.line ?? "", "sallyport-bootstrap");
    assert.equal(addBootstrap([], spool), []);
  });
});

test.run();
