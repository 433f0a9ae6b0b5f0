import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { encodeEntryTimestampPayload, matchEntryTimestamp } from "../../../core/tlog/signed-entry-timestamp.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { flipped } from "../../support/patch.ts";
import { newRekorV1, newRekorV2, plainEntry, promised } from "../../lab/plain-entry.ts";

const test = suite("core/tlog/signed-entry-timestamp");
const log = newRekorV1();
const entry = plainEntry(log, encodeUtf8("body"), { proof: false });
const match = (candidate: typeof entry, key = log.key.publicKey) => {
  const verdict = matchEntryTimestamp(candidate, key, nobleVerifier);
  assert.is(matchEntryTimestamp(candidate, key, nodeVerifier), verdict);
  return verdict;
};

test("the signed bytes are canonical JSON in this order", () => {
  const text = decodeUtf8(
    encodeEntryTimestampPayload({ ...entry, logId: "ab", logIndex: 7n, integratedTime: 1689177396n }),
  );
  assert.is(text, '{"body":"Ym9keQ==","integratedTime":1689177396,"logID":"ab","logIndex":7}');
});

test("a promise covers body, time, id and index", () => {
  assert.ok(match(entry));
  assert.not(match({ ...entry, body: flipped(entry.body, 0) }));
  assert.not(match({ ...entry, integratedTime: (entry.integratedTime as bigint) + 1n }));
  assert.not(match({ ...entry, logIndex: entry.logIndex + 1n }));
  assert.not(match({ ...entry, logId: entry.logId.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) }));
});

test("any flipped byte of the promise breaks it, and another key does", () => {
  const promise = entry.inclusionPromise as Uint8Array;
  for (let index = 0; index < promise.length; index++)
    assert.not(match({ ...entry, inclusionPromise: flipped(promise, index) }));
  assert.not(match(entry, newRekorV1().key.publicKey));
});

test("no promise, and a log whose key makes none", () => {
  const { inclusionPromise: _, ...bare } = entry;
  assert.not(match(bare));
  assert.not(match(entry, newRekorV1("rsa2048").key.publicKey));
  assert.not(match(entry, newRekorV2().key.publicKey));
});

test("a log with a P-384 key promises over SHA-256 too", () => {
  const other = newRekorV1("p384");
  assert.ok(match(plainEntry(other, encodeUtf8("body")), other.key.publicKey));
});

test("numbers that canonical JSON cannot hold are malformed", () => {
  for (const bad of [
    { logIndex: -1n },
    { logIndex: 2n ** 53n },
    { integratedTime: -1n },
    { integratedTime: 2n ** 53n },
  ]) {
    throwsCode("malformed", () => encodeEntryTimestampPayload({ ...entry, ...bad }));
  }
  assert.ok(match(promised(log, { ...entry, logIndex: 2n ** 53n - 1n })));
});

test.run();
