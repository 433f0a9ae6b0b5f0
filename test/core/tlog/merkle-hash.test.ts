import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat } from "../../../core/encoding/bytes.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { hashLeaf, hashNode, requireHashes } from "../../../core/tlog/merkle-hash.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/tlog/merkle-hash");
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());
const entry = encodeUtf8("entry");

test("leaves and nodes are told apart by a prefix", () => {
  const leaf = hashLeaf(entry);
  assert.equal(leaf, sha256(concat(Uint8Array.of(0), entry)));
  assert.equal(hashNode(leaf, leaf), sha256(concat(Uint8Array.of(1), leaf, leaf)));
  assert.not.equal(hashLeaf(concat(leaf, leaf)), hashNode(leaf, leaf));
});

test("hashes of another length are refused", () => {
  requireHashes([new Uint8Array(32)], "proof");
  for (const length of [0, 31, 33])
    throwsCode("malformed", () => requireHashes([new Uint8Array(32), new Uint8Array(length)], "proof"));
});

test.run();
