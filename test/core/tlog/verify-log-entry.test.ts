import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseBundle, type SigstoreBundle } from "../../../core/cosign/bundle.ts";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import { hashLeaf } from "../../../core/tlog/inclusion-proof.ts";
import type { EntryLayout, LogEntry, LoggedSignature } from "../../../core/tlog/log-entry.ts";
import { encodeEntryTimestampPayload } from "../../../core/tlog/signed-entry-timestamp.ts";
import { toLogKey, type TransparencyLogKey } from "../../../core/tlog/transparency-log-key.ts";
import { verifyLogEntries, verifyLogEntry } from "../../../core/tlog/verify-log-entry.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { flipped, patched } from "../../support/patch.ts";
import { bundleVectors, loggedSignatureOf } from "../../support/sigstore-vectors.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { sha256 } from "../../../core/crypto/digest.ts";
import type { RekorV1, RekorV2 } from "../../lab/entry-log.ts";
import { newRekorV1, newRekorV2, plainEntry, promised } from "../../lab/plain-entry.ts";
import { bodyOf, signedEnvelope, signedMessage } from "../../lab/plain-signed.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tlog/verify-log-entry");
const v1 = newRekorV1();
const v2 = newRekorV2();
const trusted: readonly TransparencyLogKey[] = [v1.trusted, v2.trusted];
const noon = BigInt(Date.parse("2026-03-01T12:00:00Z") / 1000);

const verify = (entry: LogEntry, logged: LoggedSignature, layout: EntryLayout = "bundle", logs = trusted) => {
  const result = verifyLogEntry(entry, logged, logs, nobleVerifier, { layout, limits: defaultLimits });
  assert.equal(verifyLogEntry(entry, logged, logs, nodeVerifier, { layout, limits: defaultLimits }), result);
  return result;
};
const verifyAll = (entries: readonly LogEntry[], logged: LoggedSignature, logs = trusted) =>
  verifyLogEntries(entries, logged, logs, nobleVerifier, { layout: "bundle", limits: defaultLimits });

const message = signedMessage("certificate").logged;
const envelope = signedEnvelope("certificate").logged;
const byKey = signedMessage("key").logged;

test("Rekor v1 by promise and proof: time, log and index", () => {
  const entry = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message));
  const result = verify(entry, message);
  assert.equal(result, {
    logId: v1.trusted.logId,
    logIndex: 1005n,
    kind: "hashedrekord",
    version: "0.0.1",
    rekor: 1,
    logValidFor: v1.trusted.validFor,
    origin: "rekor.example",
    provenBy: ["set", "inclusion"],
    at: new Date("2026-03-01T12:00:00Z"),
    checkpoint: entry.inclusionProof?.checkpoint,
  });
});

test("a promise alone gives a time; a proof alone gives none", () => {
  const promised = verify(plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), { proof: false }), message);
  assert.equal([promised.provenBy, promised.at], [["set"], new Date("2026-03-01T12:00:00Z")]);
  const proven = verify(plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), { promise: false }), message);
  assert.equal([proven.provenBy, proven.at], [["inclusion"], undefined]);
});

test("Rekor v2 by proof: never a time, even where one is written", () => {
  const entry = plainEntry(v2, bodyOf("hashedrekord 0.0.2", message));
  assert.equal(verify(entry, message).rekor, 2);
  assert.is(verify(entry, message).at, undefined);
  assert.is(verify({ ...entry, integratedTime: noon }, message).at, undefined);
  assert.equal(verify(entry, message, "bundle", [toLogKey(v2.key.publicKey)]).origin, undefined);
});

test("every kind of entry in the layouts where it occurs", () => {
  const cases: readonly (readonly [
    JsonObject,
    LoggedSignature,
    bundle: boolean,
    layer: boolean,
    log: RekorV1 | RekorV2,
  ])[] = [
    [bodyOf("hashedrekord 0.0.1", message), message, true, true, v1],
    [bodyOf("rekord 0.0.1", message), message, false, true, v1],
    [bodyOf("dsse 0.0.1", envelope), envelope, true, true, v1],
    [bodyOf("intoto 0.0.1", envelope), envelope, false, true, v1],
    [bodyOf("intoto 0.0.2", envelope), envelope, true, true, v1],
    [bodyOf("hashedrekord 0.0.2", message), message, true, false, v2],
    [bodyOf("hashedrekord 0.0.2", envelope), envelope, true, false, v2],
  ];
  for (const [body, logged, bundle, layer, log] of cases) {
    const entry = plainEntry(log, body);
    if (bundle) verify(entry, logged, "bundle");
    else throwsCode("bad-log-proof", () => verify(entry, logged, "bundle"));
    if (layer) verify(entry, logged, "layer");
    else throwsCode("bad-log-proof", () => verify(entry, logged, "layer"));
    // A valid entry of another signature proves nothing.
    const other =
      logged.content.kind === "dsse" ? signedEnvelope("certificate").logged : signedMessage("certificate").logged;
    for (const layout of ["bundle", "layer"] as const) throwsCode("bad-log-proof", () => verify(entry, other, layout));
  }
});

test("a Rekor v1 body is not read as one of Rekor v2, nor the other way round", () => {
  throwsCode("bad-log-proof", () =>
    verify(plainEntry(v2, bodyOf("hashedrekord 0.0.1", message), { promise: false }), message),
  );
  throwsCode("bad-log-proof", () =>
    verify(plainEntry(v1, bodyOf("hashedrekord 0.0.2", message), { promise: false }), message),
  );
});

test("the declared kind and version must be the body's", () => {
  const entry = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message));
  throwsCode("bad-log-proof", () => verify({ ...entry, kindVersion: { kind: "dsse", version: "0.0.1" } }, message));
  throwsCode("bad-log-proof", () =>
    verify({ ...entry, kindVersion: { kind: "hashedrekord", version: "0.0.2" } }, message),
  );
  const { kindVersion: _, ...undeclared } = entry;
  verify(undeclared, message, "layer");
});

test("unknown kinds and broken bodies", () => {
  throwsCode("bad-log-proof", () =>
    verify(plainEntry(v1, patched(bodyOf("hashedrekord 0.0.1", message), "kind", "helm")), message),
  );
  throwsCode("bad-log-proof", () =>
    verify(plainEntry(v1, patched(bodyOf("dsse 0.0.1", envelope), "apiVersion", "0.0.2")), envelope),
  );
  const text = JSON.stringify(bodyOf("hashedrekord 0.0.1", message));
  for (const bad of [
    "",
    "null",
    "[]",
    "{}",
    text.slice(0, -1),
    `${text}x`,
    text.replace('"kind"', '"kind":"rekord","kind"'),
    text.replace('"spec"', '"extra":1,"spec"'),
    '{"kind":"hashedrekord","apiVersion":"0.0.1","spec":[]}',
  ]) {
    throwsCode("malformed", () => verify(plainEntry(v1, encodeUtf8(bad)), message));
  }
});

test("an unknown log, no evidence at all, and evidence of another log", () => {
  const entry = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message));
  throwsCode("bad-log-proof", () => verify(entry, message, "bundle", []));
  throwsCode("bad-log-proof", () => verify(entry, message, "bundle", [newRekorV1().trusted]));
  throwsCode("bad-log-proof", () =>
    verify(plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), { promise: false, proof: false }), message),
  );
  const other = newRekorV1();
  throwsCode("bad-log-proof", () => verify(entry, message, "bundle", [{ ...other.trusted, logId: v1.trusted.logId }]));
  throwsCode("bad-log-proof", () =>
    verify(plainEntry(v2, bodyOf("hashedrekord 0.0.2", message), { proof: false }), message),
  );
});

test("promise and proof must both hold", () => {
  const entry = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message));
  const proof = entry.inclusionProof as NonNullable<LogEntry["inclusionProof"]>;
  throwsCode("bad-log-proof", () =>
    verify({ ...entry, inclusionPromise: flipped(entry.inclusionPromise as Uint8Array, 40) }, message),
  );
  throwsCode("bad-log-proof", () =>
    verify(
      {
        ...entry,
        inclusionProof: { ...proof, hashes: proof.hashes.with(0, flipped(proof.hashes[0] as Uint8Array, 0)) },
      },
      message,
    ),
  );
  throwsCode("bad-log-proof", () =>
    verify(
      { ...entry, inclusionProof: { ...proof, checkpoint: proof.checkpoint.replace("\n9\n", "\n10\n") } },
      message,
    ),
  );
  throwsCode("bad-log-proof", () =>
    verify({ ...entry, inclusionProof: { ...proof, treeSize: proof.treeSize + 1n } }, message),
  );
  throwsCode("bad-log-proof", () =>
    verify({ ...entry, inclusionProof: { ...proof, rootHash: flipped(proof.rootHash, 0) } }, message),
  );
  throwsCode(["bad-log-proof", "malformed"], () =>
    verify({ ...entry, inclusionProof: { ...proof, logIndex: proof.logIndex + 1n } }, message),
  );
  throwsCode("bad-log-proof", () =>
    verify(
      {
        ...plainEntry(v2, bodyOf("hashedrekord 0.0.2", message)),
        inclusionPromise: entry.inclusionPromise as Uint8Array,
      },
      message,
    ),
  );
});

test("a root that no checkpoint signs proves nothing", () => {
  const entry = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), { promise: false });
  const proof = entry.inclusionProof as NonNullable<LogEntry["inclusionProof"]>;
  const forged = plainEntry(newRekorV1(), bodyOf("hashedrekord 0.0.1", message), { promise: false })
    .inclusionProof as typeof proof;
  throwsCode("bad-log-proof", () => verify({ ...entry, inclusionProof: forged }, message));
});

test("the log's key must have been valid at the promised time, both ends included", () => {
  const entry = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message));
  const at = new Date("2026-03-01T12:00:00Z");
  const before = new Date("2026-03-01T11:59:59.999Z");
  const during = (validFor: TransparencyLogKey["validFor"]) => () =>
    verify(entry, message, "bundle", [{ ...v1.trusted, validFor }]);
  during({ start: at, end: at })();
  throwsCode("bad-log-proof", during({ end: before }));
  throwsCode("bad-log-proof", during({ start: new Date("2026-03-01T12:00:00.001Z") }));
  // A proof alone has no time, so there the caller compares its timestamps; a time that it states all the same counts.
  const bare = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), { promise: false });
  const retired = [{ ...v1.trusted, validFor: { end: before } }];
  const { integratedTime: _, ...timeless } = bare;
  assert.equal(verify(timeless, message, "bundle", retired).logValidFor, { end: before });
  throwsCode("bad-log-proof", () => verify(bare, message, "bundle", retired));
});

const timed = (time: bigint | undefined) => ({
  change: ({ integratedTime: _, ...entry }: LogEntry) =>
    time === undefined ? entry : { ...entry, integratedTime: time },
});

test("a time that nothing signs must at least lie within the certificate", () => {
  const late = noon + 3600n;
  throwsCode("certificate-not-valid-then", () =>
    verify(plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), { promise: false, ...timed(late) }), message),
  );
  throwsCode("certificate-not-valid-then", () =>
    verify({ ...plainEntry(v2, bodyOf("hashedrekord 0.0.2", message)), integratedTime: late }, message),
  );
  assert.is(
    verify(plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), { promise: false, ...timed(undefined) }), message).at,
    undefined,
  );
  verify(plainEntry(v1, bodyOf("hashedrekord 0.0.1", byKey), { promise: false, ...timed(late) }), byKey);
  // A signed one is the caller's to judge.
  assert.equal(
    verify(plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), timed(late)), message).at,
    new Date("2026-03-01T13:00:00Z"),
  );
});

test("times out of range are malformed, a promised time of zero counts as absent", () => {
  const entry = plainEntry(v1, bodyOf("hashedrekord 0.0.1", byKey), { promise: false });
  throwsCode("malformed", () => verify({ ...entry, integratedTime: -1n }, byKey));
  throwsCode("malformed", () => verify({ ...entry, integratedTime: 253_402_300_800n }, byKey));
  assert.is(verify(promised(v1, { ...entry, integratedTime: 0n }), byKey).at, undefined);
});

test("several entries: none, too many, one twice", () => {
  const entry = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message));
  throwsCode("no-log-proof", () => verifyAll([], message));
  throwsCode("over-limit", () =>
    verifyAll(
      Array.from({ length: 33 }, () => entry),
      message,
    ),
  );
  throwsCode("bad-log-proof", () => verifyAll([entry, entry], message));
  assert.is(verifyAll([entry], message).length, 1);
});

test("several entries: an unknown log or a broken promise is skipped, anything else refutes", () => {
  const good = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message));
  const unknown = plainEntry(newRekorV1(), bodyOf("hashedrekord 0.0.1", message));
  const broken = {
    ...plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), { index: 7, size: 11 }),
    inclusionPromise: new Uint8Array(70),
  };
  assert.is(verifyAll([unknown, good], message).length, 1);
  assert.is(verifyAll([broken, good], message).length, 1);
  assert.is(verifyAll([good, plainEntry(v2, bodyOf("hashedrekord 0.0.2", message))], message).length, 2);
  throwsCode("bad-log-proof", () => verifyAll([unknown, broken], message));
  const foreign = plainEntry(v1, bodyOf("hashedrekord 0.0.1", signedMessage("certificate").logged), {
    index: 9,
    size: 13,
  });
  throwsCode("bad-log-proof", () => verifyAll([good, foreign], message));
  const unproven = plainEntry(v1, bodyOf("hashedrekord 0.0.1", message), { index: 8, size: 12 });
  const proof = unproven.inclusionProof as NonNullable<LogEntry["inclusionProof"]>;
  throwsCode("bad-log-proof", () =>
    verifyAll([good, { ...unproven, inclusionProof: { ...proof, rootHash: new Uint8Array(32) } }], message),
  );
});

test("one flipped byte anywhere in body, promise, root or path refutes; a cut body is never another error", () => {
  const signed: LoggedSignature = envelope;
  const entry = plainEntry(v1, bodyOf("dsse 0.0.1", signed));
  const proof = entry.inclusionProof as NonNullable<LogEntry["inclusionProof"]>;
  for (let index = 0; index < entry.body.length; index += 7)
    throwsCode(["bad-log-proof", "malformed"], () => verify({ ...entry, body: flipped(entry.body, index) }, signed));
  for (let index = 0; index < 32; index += 5)
    throwsCode("bad-log-proof", () =>
      verify({ ...entry, inclusionProof: { ...proof, rootHash: flipped(proof.rootHash, index) } }, signed),
    );
  for (let length = 0; length < entry.body.length; length += 11) {
    assert.is(
      onlyEngineErrors(() => verify({ ...entry, body: entry.body.subarray(0, length) }, signed)),
      "threw",
    );
  }
});

test("a body serialised in another way is another leaf", () => {
  const entry = plainEntry(v2, bodyOf("hashedrekord 0.0.2", message));
  const spaced = encodeUtf8(JSON.stringify(bodyOf("hashedrekord 0.0.2", message), null, 1));
  throwsCode("bad-log-proof", () => verify({ ...entry, body: spaced }, message));
});

/**
 * Cases of the conformance suite that fail already by their log entries. The others fail when parsed, or by something
 * else than the log.
 */
const refusedByLog: ReadonlySet<string> = new Set([
  "bundle-from-wrong-instance_fail",
  "checkpoint-bad-keyhint_fail",
  "dsse-invalid-sig_fail",
  "dsse-mismatch-envelope_fail",
  "dsse-mismatch-sig_fail",
  "inclusion-proof-corrupted-hash_fail",
  "invalid-checkpoint-signature_fail",
  "message-digest-mismatch_fail",
  "set-invalid-signature_fail",
  "signature-mismatch_fail",
]);

const leafOf = {
  "happy-path-v0.1": "86407f5cc9c6f0d1a84fede6cfe1265fe0b3e1a4e21b4c0695e4a021ec11338f",
  "happy-path-v0.3": "aee3c920bb1132e929ed20e1c194579a60e95849f7a554e0033fdd26ee221629",
  "rekor2-happy-path": "78470eff2921878c2141726b650bf349099c37850a731f287a6accf35d40441f",
  "happy-path-intoto-in-dsse-v3": "875d33538d49eb9bc3224c4868c25d06f78f566730771c4437f50962530906ae",
};
const promiseOf = {
  "happy-path-v0.1": "27efbfabc1e0adf55195b8ea71281af661f782d8982d3cbeacc94cf7a6ade23d",
  "happy-path-v0.3": "a77a67b05ef48abed4f89d052a01940e1fda0144fe6f845d353e809d19d8d35c",
  "happy-path-intoto-in-dsse-v3": "8dd8455ca636b676808bfc1bd29f77dab7bc80c7cb196eebb4ec2133829204c5",
};

const vectors = vectorsDir();
if (vectors === undefined) skipped("core/tlog/verify-log-entry", 90, "SALLYPORT_VECTORS is not set");
else
  for (const vector of bundleVectors(vectors)) {
    test(`real bundle ${vector.name}`, () => {
      let bundle: SigstoreBundle;
      try {
        bundle = parseBundle(vector.text, defaultLimits);
      } catch (error) {
        if (error instanceof EngineError) return;
        throw error;
      }
      const signed = vector.name.includes("wrong-key") ? undefined : loggedSignatureOf(bundle, vector.key());
      if (signed === undefined || bundle.logEntries.length === 0) return;
      const { tlogs } = vector.root();
      const run = (entries: readonly LogEntry[], about = signed, logs = tlogs) =>
        verifyLogEntries(entries, about, logs, nodeVerifier, { layout: "bundle", limits: defaultLimits });
      if (refusedByLog.has(vector.name)) {
        throwsCode("bad-log-proof", () => run(bundle.logEntries));
        return;
      }
      const [entry] = bundle.logEntries as [LogEntry];
      assert.equal(
        verifyLogEntries([entry], signed, tlogs, nobleVerifier, { layout: "bundle", limits: defaultLimits }),
        run([entry]),
      );
      assert.is(run([entry])[0]?.at === undefined, entry.inclusionPromise === undefined);
      for (let index = 0; index < entry.body.length; index += 499)
        throwsCode(["bad-log-proof", "malformed"], () => run([{ ...entry, body: flipped(entry.body, index) }]));
      throwsCode("bad-log-proof", () => run([entry], { ...signed, signature: flipped(signed.signature, 9) }));
      throwsCode("bad-log-proof", () => run([entry], signed, [v1.trusted, v2.trusted]));
      const proof = entry.inclusionProof;
      if (proof !== undefined) {
        throwsCode(["bad-log-proof", "malformed"], () =>
          run([{ ...entry, inclusionProof: { ...proof, checkpoint: proof.checkpoint.replace(/[0-9]\n/, "\n") } }]),
        );
        if (proof.hashes.length > 0)
          throwsCode("bad-log-proof", () =>
            run([
              {
                ...entry,
                inclusionProof: { ...proof, hashes: proof.hashes.with(0, flipped(proof.hashes[0] as Uint8Array, 31)) },
              },
            ]),
          );
      }
      if (vector.name in leafOf) assert.is(encodeHex(hashLeaf(entry.body)), leafOf[vector.name as keyof typeof leafOf]);
      if (vector.name in promiseOf)
        assert.is(
          encodeHex(sha256(encodeEntryTimestampPayload(entry))),
          promiseOf[vector.name as keyof typeof promiseOf],
        );
    });
  }

test.run();
