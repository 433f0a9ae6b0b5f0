import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { digest } from "../../../core/crypto/digest.ts";
import type { PublicKey } from "../../../core/crypto/public-key.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { LogEntry, LoggedSignature } from "../../../core/tlog/log-entry.ts";
import { bindHashedRekord002, verifyRekorV2Inclusion } from "../../../core/tlog/rekor-v2.ts";
import { toLogKey, type TransparencyLogKey } from "../../../core/tlog/transparency-log-key.ts";
import { throwsCode } from "../../support/assert.ts";
import { flipped, patched } from "../../support/patch.ts";
import { type KeyType, newKey } from "../../lab/keys.ts";
import { newRekorV2, plainEntry } from "../../lab/plain-entry.ts";
import { bodyOf, signedEnvelope, signedMessage } from "../../lab/plain-signed.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tlog/rekor-v2");
const record = "hashedRekordV002";
const specOf = (logged: LoggedSignature): JsonObject => bodyOf("hashedrekord 0.0.2", logged).spec as JsonObject;

test("an entry records its own message or envelope, by key and by certificate", () => {
  for (const kind of ["key", "certificate"] as const) {
    for (const { logged } of [signedMessage(kind), signedEnvelope(kind)]) bindHashedRekord002(specOf(logged), logged);
  }
});

test("for an envelope the payload type is part of what was logged", () => {
  const { logged } = signedEnvelope();
  const spec = specOf(logged);
  throwsCode("bad-log-proof", () =>
    bindHashedRekord002(spec, {
      ...logged,
      content: { ...(logged.content as { kind: "dsse"; payload: Uint8Array }), payloadType: "application/json" },
    }),
  );
  throwsCode("bad-log-proof", () =>
    bindHashedRekord002(spec, {
      ...logged,
      content: { kind: "dsse", payloadType: "application/vnd.in-toto+json", payload: encodeUtf8("{}") },
    }),
  );
});

test("another signature, digest or verifier", () => {
  const { logged } = signedMessage("certificate");
  const spec = specOf(logged);
  const other = signedMessage("certificate", "other payload").logged;
  throwsCode("bad-log-proof", () => bindHashedRekord002(spec, { ...logged, signature: other.signature }));
  throwsCode("bad-log-proof", () => bindHashedRekord002(spec, { ...logged, content: other.content }));
  throwsCode("bad-log-proof", () => bindHashedRekord002(spec, { ...logged, verifier: other.verifier }));
  const { certificate } = logged.verifier as { certificate: { publicKey: PublicKey } };
  throwsCode("bad-log-proof", () => bindHashedRekord002(spec, { ...logged, verifier: { key: certificate.publicKey } }));
  throwsCode("bad-log-proof", () =>
    bindHashedRekord002(specOf({ ...logged, verifier: { key: certificate.publicKey } }), logged),
  );
});

test("the algorithm is the key's own, whatever the entry says", () => {
  const { logged } = signedMessage();
  const spec = specOf(logged);
  for (const [path, value] of [
    [`${record}/signature/verifier/keyDetails`, "PKIX_ECDSA_P384_SHA_384"],
    [`${record}/signature/verifier/keyDetails`, "PKIX_ED25519"],
    [`${record}/data/algorithm`, "SHA2_384"],
    [`${record}/data/algorithm`, "SHA2_512"],
  ] as const)
    throwsCode("bad-log-proof", () => bindHashedRekord002(patched(spec, path, value), logged));
  const expected: readonly (readonly [KeyType, "sha256" | "sha384" | "sha512", string, string])[] = [
    ["p384", "sha384", "SHA2_384", "PKIX_ECDSA_P384_SHA_384"],
    ["p521", "sha512", "SHA2_512", "PKIX_ECDSA_P521_SHA_512"],
    ["rsa2048", "sha256", "SHA2_256", "PKIX_RSA_PKCS1V15_2048_SHA256"],
    ["ed25519", "sha512", "SHA2_512", "PKIX_ED25519_PH"],
  ];
  const message = encodeUtf8("payload");
  for (const [kind, hash, name, details] of expected) {
    const key = newKey(kind);
    const signed: LoggedSignature = {
      signature: key.sign(message),
      verifier: { key: key.publicKey },
      content: { kind: "message", digests: { [hash]: digest(hash, message) } },
    };
    const own = {
      [record]: {
        data: { algorithm: name, digest: encodeBase64(digest(hash, message)) },
        signature: {
          content: encodeBase64(signed.signature),
          verifier: { keyDetails: details, publicKey: { rawBytes: encodeBase64(key.publicKey.spki) } },
        },
      },
    };
    bindHashedRekord002(own, signed);
    throwsCode("bad-log-proof", () =>
      bindHashedRekord002(own, { ...signed, content: { kind: "message", digests: {} } }),
    );
  }
});

test("unknown fields, two verifiers and wrong types are refused", () => {
  const { logged } = signedMessage();
  const spec = specOf(logged);
  for (const path of [
    "extra",
    `${record}/extra`,
    `${record}/data/extra`,
    `${record}/signature/extra`,
    `${record}/signature/verifier/extra`,
    `${record}/signature/verifier/publicKey/extra`,
  ]) {
    throwsCode("malformed", () => bindHashedRekord002(patched(spec, path, 1), logged));
  }
  throwsCode("bad-log-proof", () =>
    bindHashedRekord002(patched(spec, `${record}/signature/verifier/x509Certificate`, { rawBytes: "AA==" }), logged),
  );
  throwsCode("malformed", () => bindHashedRekord002(patched(spec, record, null), logged));
  throwsCode("malformed", () => bindHashedRekord002(patched(spec, `${record}/data/digest`, 5), logged));
  throwsCode("malformed", () => bindHashedRekord002(patched(spec, `${record}/signature/content`, "%"), logged));
});

const log = newRekorV2();
const entry = plainEntry(log, encodeUtf8("body"));
const proof = entry.inclusionProof as NonNullable<LogEntry["inclusionProof"]>;
const include = (candidate: LogEntry, logs: readonly TransparencyLogKey[] = [log.trusted]) =>
  verifyRekorV2Inclusion(candidate, logs, nobleVerifier, defaultLimits);

test("size and root are the checkpoint's; the numbers beside the proof are not read", () => {
  assert.is(include(entry), log.trusted);
  assert.is(
    include({ ...entry, inclusionProof: { ...proof, logIndex: 0n, treeSize: 1n, rootHash: new Uint8Array(32) } }),
    log.trusted,
  );
  assert.is(include({ ...entry, inclusionProof: { ...proof, rootHash: new Uint8Array(0) } }), log.trusted);
});

test("another body, index, path or checkpoint", () => {
  throwsCode("bad-log-proof", () => include({ ...entry, body: flipped(entry.body, 0) }));
  throwsCode(["bad-log-proof", "malformed"], () => include({ ...entry, logIndex: entry.logIndex + 1n }));
  throwsCode("malformed", () => include({ ...entry, logIndex: 1000n }));
  throwsCode("malformed", () => include({ ...entry, inclusionProof: { ...proof, hashes: proof.hashes.slice(1) } }));
  for (let index = 0; index < proof.hashes.length; index++) {
    throwsCode("bad-log-proof", () =>
      include({
        ...entry,
        inclusionProof: { ...proof, hashes: proof.hashes.with(index, flipped(proof.hashes[index] as Uint8Array, 3)) },
      }),
    );
  }
  const elsewhere = plainEntry(log, encodeUtf8("other"), { index: 2, size: 6 });
  throwsCode(["bad-log-proof", "malformed"], () =>
    include({
      ...entry,
      inclusionProof: { ...proof, checkpoint: (elsewhere.inclusionProof as typeof proof).checkpoint },
    }),
  );
  const { inclusionProof: _, ...bare } = entry;
  throwsCode("bad-log-proof", () => include(bare));
});

test("the log is found by its id, or by the id that key and name have together", () => {
  const key = toLogKey(log.key.publicKey);
  assert.is(include(entry, [key]), key);
  assert.is(include(entry, [newRekorV2().trusted, key]), key);
  assert.is(include(entry, [newRekorV2().trusted, toLogKey(newRekorV2().key.publicKey)]), undefined);
  assert.is(include(entry, []), undefined);
  // A key under another name has another id.
  assert.is(include(entry, [{ ...log.trusted, logId: key.logId, origin: "log.other" }]), undefined);
  // The stated id leads to the log, whose name then must be the checkpoint's.
  throwsCode("bad-log-proof", () => include(entry, [{ ...log.trusted, origin: "log.other" }]));
  throwsCode("bad-log-proof", () => include(entry, [{ ...log.trusted, origin: "" }]));
});

test("a bare key accepts no checkpoint that another key signed", () => {
  const other = newRekorV2();
  const foreign = plainEntry(other, encodeUtf8("body"));
  assert.is(include({ ...foreign, logId: foreign.logId }, [toLogKey(log.key.publicKey)]), undefined);
  throwsCode("bad-log-proof", () => include({ ...foreign, logId: entry.logId }, [toLogKey(log.key.publicKey)]));
});

test.run();
