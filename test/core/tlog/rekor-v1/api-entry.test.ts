import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../../core/crypto/noble.ts";
import { encodeBase64 } from "../../../../core/encoding/base64.ts";
import { encodeHex } from "../../../../core/encoding/hex.ts";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { hashLeaf } from "../../../../core/tlog/inclusion-proof.ts";
import type { LogEntry } from "../../../../core/tlog/log-entry.ts";
import { parseRekorApiEntries, parseRekorApiEntry } from "../../../../core/tlog/rekor-v1/api-entry.ts";
import { verifyLogEntry } from "../../../../core/tlog/verify-log-entry.ts";
import { throwsCode } from "../../../support/assert.ts";
import { patched } from "../../../support/patch.ts";
import { newRekorV1, plainEntry } from "../../../lab/plain-entry.ts";
import { bodyOf, signedMessage } from "../../../lab/plain-signed.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/tlog/rekor-v1/api-entry");
const log = newRekorV1();
const { logged } = signedMessage();
const entry = plainEntry(log, bodyOf("hashedrekord 0.0.1", logged));
const proof = entry.inclusionProof as NonNullable<LogEntry["inclusionProof"]>;
const id = `24296fb24b8ad77a${encodeHex(hashLeaf(entry.body))}`;
const answered: JsonObject = {
  body: encodeBase64(entry.body),
  integratedTime: Number(entry.integratedTime),
  logID: entry.logId,
  logIndex: Number(entry.logIndex),
  verification: {
    inclusionProof: {
      checkpoint: proof.checkpoint,
      hashes: proof.hashes.map(encodeHex),
      logIndex: Number(proof.logIndex),
      rootHash: encodeHex(proof.rootHash),
      treeSize: Number(proof.treeSize),
    },
    signedEntryTimestamp: encodeBase64(entry.inclusionPromise as Uint8Array),
  },
};
const answer = (change: JsonObject = answered, name = id): string => JSON.stringify({ [name]: change });

test("an entry with promise and proof", () => {
  const { kindVersion: _, ...expected } = entry;
  assert.equal(parseRekorApiEntry(answer(), defaultLimits), expected);
  assert.equal(
    verifyLogEntry(parseRekorApiEntry(answer(), defaultLimits), logged, [log.trusted], nobleVerifier, {
      layout: "layer",
      limits: defaultLimits,
    }).provenBy,
    ["set", "inclusion"],
  );
});

test("lists of answers, ids without a tree, further fields", () => {
  assert.is(parseRekorApiEntries(`[${answer()},${answer()}]`, defaultLimits).length, 2);
  assert.is(parseRekorApiEntries("[]", defaultLimits).length, 0);
  assert.is(parseRekorApiEntries("{}", defaultLimits).length, 0);
  parseRekorApiEntry(answer(answered, id.slice(16)), defaultLimits);
  parseRekorApiEntry(answer({ ...answered, attestation: { data: "e30=" } }), defaultLimits);
  throwsCode("malformed", () => parseRekorApiEntry("{}", defaultLimits));
  throwsCode("malformed", () => parseRekorApiEntry(`[${answer()},${answer()}]`, defaultLimits));
});

test("an id that is not the body's hash", () => {
  throwsCode("malformed", () =>
    parseRekorApiEntry(
      answer(
        answered,
        id.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")),
      ),
      defaultLimits,
    ),
  );
  throwsCode("malformed", () => parseRekorApiEntry(answer(answered, "x"), defaultLimits));
});

test("proofs without checkpoint are left out", () => {
  const bare = parseRekorApiEntry(
    answer(patched(answered, "verification/inclusionProof/checkpoint", undefined)),
    defaultLimits,
  );
  assert.is(bare.inclusionProof, undefined);
  assert.equal(
    verifyLogEntry(bare, logged, [log.trusted], nobleVerifier, { layout: "layer", limits: defaultLimits }).provenBy,
    ["set"],
  );
});

test("wrong types, and more entries than anyone reads", () => {
  for (const [path, value] of [
    ["body", 1],
    ["body", "%"],
    ["integratedTime", "1"],
    ["logIndex", -1],
    ["logIndex", 1.5],
    ["logID", "x"],
    ["verification", null],
    ["verification/signedEntryTimestamp", 1],
    ["verification/inclusionProof", []],
    ["verification/inclusionProof/hashes", ["00"]],
    ["verification/inclusionProof/rootHash", "00"],
    ["verification/inclusionProof/treeSize", null],
  ] as const)
    throwsCode("malformed", () => parseRekorApiEntry(answer(patched(answered, path, value as never)), defaultLimits));
  throwsCode("malformed", () => parseRekorApiEntries("[1]", defaultLimits));
  throwsCode("malformed", () => parseRekorApiEntries(answer().slice(0, -1), defaultLimits));
  throwsCode("over-limit", () =>
    parseRekorApiEntries(`[${Array.from({ length: 1001 }, () => '{"x":1}').join(",")}]`, defaultLimits),
  );
});

test.run();
