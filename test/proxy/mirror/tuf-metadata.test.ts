import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { defaultLimits } from "../../../core/limits.ts";
import {
  isTarget,
  type MetadataRow,
  storeMetadata,
  storeTarget,
  targetRole,
  targetVersion,
} from "../../../proxy/mirror/tuf-metadata.ts";
import { rowChecksum } from "../../../proxy/mirror/row-checksum.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/mirror/tuf-metadata");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

test("raw bytes go under the version that they state", () => {
  const rows: MetadataRow[] = [];
  const raw = bytes('{ "signatures": [], "signed": { "version": 12 } }\n');
  assert.equal(
    storeMetadata((...row) => void rows.push(row), "public-good", "root", raw, defaultLimits),
    { version: 12, digest: digestOf(raw) },
  );
  assert.equal(rows, [
    ["public-good", "root", 12, digestOf(raw), raw, rowChecksum("public-good", "root", "12", digestOf(raw))],
  ]);
});

test("without a readable version nothing is stored", () => {
  const refuse = () => assert.unreachable("stored");
  for (const text of [
    "",
    "x",
    "{}",
    '{"signed":[]}',
    '{"signed":{"version":1.5}}',
    '{"signed":{"version":1},"signed":{"version":2}}',
  ])
    throwsCode("malformed", () => storeMetadata(refuse, "r", "root", bytes(text), defaultLimits));
  throwsCode("over-limit", () =>
    storeMetadata(refuse, "r", "root", new Uint8Array(defaultLimits.trustedRootBytes + 1), defaultLimits),
  );
});

test("a target has a version that no metadata has; its bytes are not read", () => {
  const rows: MetadataRow[] = [];
  const put = (...row: MetadataRow): void => void rows.push(row);
  const raw = bytes("not JSON");
  assert.is(storeTarget(put, "public-good", targetRole("a/b.pub"), raw), digestOf(raw));
  const checksum = rowChecksum("public-good", "targets/a/b.pub", "0", digestOf(raw));
  assert.equal(rows, [["public-good", "targets/a/b.pub", targetVersion, digestOf(raw), raw, checksum]]);
  assert.equal(
    [
      { role: "targets/a/b.pub", version: 0 },
      { role: "targets/a/b.pub", version: 1 },
      { role: "root", version: 0 },
    ].map(isTarget),
    [true, false, false],
  );
});

test.run();
