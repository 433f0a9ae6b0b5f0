import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeSnapshotStatement, parseSnapshotStatement } from "../../../core/archive/snapshot-statement.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/archive/snapshot-statement");

const digest = `sha256:${"ab".repeat(32)}` as const;
const key = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
`;
const facts = {
  sequence: 12,
  digest,
  size: 40_960,
  schema: 10,
  contentId: `sha256:${"cd".repeat(32)}`,
  created: "2026-11-30T06:00:00.000Z",
} as const;

test("what is written is read again", () => {
  for (const statement of [facts, { ...facts, nextKeys: [key] }])
    assert.equal(parseSnapshotStatement(encodeSnapshotStatement(statement), defaultLimits), statement);
});

/** The statement with one text replaced. */
const changed = (from: string | RegExp, to: string): Uint8Array => {
  const text = decodeUtf8(encodeSnapshotStatement({ ...facts, nextKeys: [key] }));
  const other = text.replace(from, to);
  assert.is.not(other, text);
  return encodeUtf8(other);
};

test("what is not one is refused", () => {
  const rows = [
    ["https://sallyport.dev/snapshot/v1", "https://sallyport.dev/archive/v1"],
    ['"name":"mirror.db"', '"name":"other.db"'],
    ['"sha256":"ab', '"sha256":"AB'],
    ['"subject":[', '"subject":[{"name":"x","digest":{"sha256":"1"}},'],
    ['"sequence":12', '"sequence":0'],
    ['"sequence":12', '"sequence":1.5'],
    ['"sequence":12', '"sequence":12,"more":1'],
    ['"sequence":12,', ""],
    ['"size":40960', '"size":-1'],
    ['"schema":10', '"schema":"10"'],
    ["sha256:cd", "sha1:cd"],
    ["2026-11-30T06", "2026-13-30T06"],
    ["BEGIN PUBLIC", "BEGIN PRIVATE"],
  ] as const;
  for (const [from, to] of rows)
    throwsCode("archive-corrupt", () => parseSnapshotStatement(changed(from, to), defaultLimits));
  throwsCode("unsupported", () => parseSnapshotStatement(changed('"format":1', '"format":2'), defaultLimits));
});

test("bounds", () => {
  const bytes = encodeSnapshotStatement({ ...facts, nextKeys: [key, key] });
  throwsCode("over-limit", () => parseSnapshotStatement(bytes, limitsWith({ archiveKeys: 1 })));
  throwsCode("over-limit", () => parseSnapshotStatement(bytes, limitsWith({ archiveStatementBytes: 10 })));
});

test.run();
