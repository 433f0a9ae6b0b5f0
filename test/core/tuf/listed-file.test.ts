import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { matchListed, readListedMetadata, readTargetFile, verifyListed } from "../../../core/tuf/listed-file.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/tuf/listed-file");
const bytes = encodeUtf8("content");
const hash = (name: string): string => createHash(name).update(bytes).digest("hex");

test("length and every digest that is stated must hold", () => {
  const right = new Map([
    ["sha256", hash("sha256")],
    ["sha512", hash("sha512").toUpperCase()],
  ]);
  verifyListed(bytes, { length: 7n, hashes: right }, "x");
  assert.ok(matchListed(bytes, { length: 7n, hashes: right }));
  assert.not.ok(matchListed(bytes, { length: 8n, hashes: right }));
  verifyListed(bytes, { length: undefined, hashes: undefined }, "x");
  for (const wrong of [
    { length: 6n, hashes: right },
    { length: 7n, hashes: new Map([...right, ["sha512", hash("sha256")]]) },
    { length: 7n, hashes: new Map([["sha256", hash("sha256").slice(1)]]) },
    { length: 7n, hashes: new Map([...right, ["md5", hash("md5")]]) },
  ])
    throwsCode("malformed", () => verifyListed(bytes, wrong, "x"));
});

test("of metadata only the version is needed, of a target length and a digest", () => {
  assert.equal(readListedMetadata({ version: 3n }, ""), { version: 3n, length: undefined, hashes: undefined });
  for (const wrong of [{}, { version: 0n }, { version: 1n, length: -1n }, { version: 1n, hashes: [] }])
    throwsCode("malformed", () => readListedMetadata(wrong, ""));
  for (const wrong of [{}, { length: 1n }, { length: 1n, hashes: {} }, { hashes: { sha256: "" } }])
    throwsCode("malformed", () => readTargetFile(wrong, "", "p"));
});

test.run();
