import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { contentRow, encodeEntry, namedBlobs, parseEntry } from "../../../core/archive/archive-entry.ts";
import { compareRows, contentLine } from "../../../core/archive/order.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { variedMirror } from "../../support/archive-store.ts";
import { reading } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/content-entries");

test("every row, in the order of the content id, as an entry that can be read", () => {
  reading(variedMirror(), (mirror) => {
    const all = [...mirror.entries()];
    const hash = createHash("sha256");
    for (const [index, { entry, bytes }] of all.entries()) {
      const row = contentRow(entry);
      hash.update(contentLine(row));
      assert.equal(parseEntry(encodeEntry(entry), defaultLimits), entry);
      const before = all[index - 1];
      if (before !== undefined) assert.ok(compareRows(contentRow(before.entry), row) < 0);
      if (bytes !== undefined) assert.equal(namedBlobs(entry)[0], { digest: digestOf(bytes), size: bytes.length });
    }
    assert.is(`sha256:${hash.digest("hex")}`, mirror.contentId());
    const long = all.find(({ entry }) => entry.kind === "cluster");
    assert.ok(long?.bytes !== undefined && long.bytes.length > 40_000);
  });
});

test.run();
