/** Timestamps of CT logs: real ones, and each way to be wrong. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { type Certificate, parseCertificate } from "../../../core/x509/certificate.ts";
import { verifyPath } from "../../../core/x509/path.ts";
import { type CertificateLogKey, precertificateTbs, verifyScts } from "../../../core/x509/sct.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { CertificateLog, type TimestampSpec } from "../../lab/certificate-log.ts";
import { newKey } from "../../lab/keys.ts";
import { leafExtensions, leafWithTimestamps, plainAuthority, plainCertificate } from "../../lab/plain-certificate.ts";
import { realLeaves } from "./real.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/sct");
const authority = plainAuthority("ca");
const [log, second] = [new CertificateLog(newKey()), new CertificateLog(newKey("rsa2048"))];
const at = new Date("2026-01-01T00:00:01Z");

const verify = (
  leaf: Certificate,
  logs: readonly CertificateLogKey[] = [log.trusted],
  issuer: Certificate = authority.certificate,
) => verifyScts({ leaf, issuer, logs, verifier: nodeVerifier, limits: leaf.limits });
const stamp = (tbs: Uint8Array, changes: Partial<TimestampSpec> = {}, by = log): Uint8Array =>
  by.embedded(tbs, authority.key, at, changes);
const leafBy = (changes: Partial<TimestampSpec> = {}): Certificate =>
  leafWithTimestamps(authority, (tbs) => [stamp(tbs, changes)]);
const good = leafBy();

test("one timestamp", () => {
  assert.equal(verify(good), [{ logId: log.trusted.logId, at }]);
  assert.equal(
    verifyScts({
      leaf: good,
      issuer: authority.certificate,
      logs: [log.trusted],
      verifier: nobleVerifier,
      limits: defaultLimits,
    }),
    [{ logId: log.trusted.logId, at }],
  );
});

test("the list first, last, in the middle, alone", () => {
  for (const [before, after] of [
    [[], leafExtensions],
    [leafExtensions, []],
    [leafExtensions.slice(0, 1), leafExtensions.slice(1)],
    [[], []],
  ] as const) {
    const leaf = leafWithTimestamps(authority, (tbs) => [stamp(tbs)], {}, before, after);
    assert.is(verify(leaf).length, 1);
  }
});

test("lengths that change their size when the list goes", () => {
  for (const padding of [40, 60, 100, 150, 170, 190, 210, 230]) {
    const leaf = leafWithTimestamps(authority, (tbs) => [stamp(tbs)], {}, [
      { id: "1.2.3", value: new Uint8Array(padding) },
    ]);
    assert.is(verify(leaf).length, 1);
  }
});

test("extensions are signed", () => {
  assert.is(verify(leafBy({ extensions: Uint8Array.of(1, 2, 3) })).length, 1);
  throwsCode("bad-sct", () =>
    verify(leafBy({ extensions: Uint8Array.of(1, 2, 3), signedExtensions: new Uint8Array(0) })),
  );
});

test("two logs, one of each kind of key; each counts once", () => {
  const leaf = leafWithTimestamps(authority, (tbs) => [stamp(tbs), stamp(tbs), stamp(tbs, {}, second)]);
  assert.equal(
    verify(leaf, [log.trusted, second.trusted]).map(({ logId }) => logId),
    [log.trusted.logId, second.trusted.logId],
  );
  assert.is(verify(leaf, [second.trusted]).length, 1);
});

test("a wrong timestamp does not spoil a good one of the same log", () => {
  const leaf = leafWithTimestamps(authority, (tbs) => [stamp(tbs, { hashAlgorithm: 5 }), stamp(tbs)]);
  assert.is(verify(leaf).length, 1);
});

test("no timestamps", () => {
  throwsCode("no-sct", () => verify(plainCertificate({ issuer: authority, extensions: leafExtensions })));
  throwsCode("no-sct", () => precertificateTbs(plainCertificate({ issuer: authority })));
});

const bad: Readonly<Record<string, () => unknown>> = {
  "unknown log": () => verify(good, [second.trusted]),
  "no logs": () => verify(good, []),
  "another log's key under this id": () => verify(good, [{ ...log.trusted, publicKey: newKey().publicKey }]),
  "another issuer's key": () => verify(good, undefined, plainAuthority("ca").certificate),
  "before the log's time": () => verify(good, [{ ...log.trusted, validFor: { start: new Date(at.getTime() + 1) } }]),
  "after the log's time": () => verify(good, [{ ...log.trusted, validFor: { end: new Date(at.getTime() - 1) } }]),
  "another hash in the timestamp": () => verify(leafBy({ hashAlgorithm: 2 })),
  "another signature algorithm in the timestamp": () => verify(leafBy({ signatureAlgorithm: 1 })),
  "signed as a certificate": () => verify(leafBy({ entryType: 0 })),
  "timestamp of another leaf": () => verify(leafWithTimestamps(authority, () => [stamp(new Uint8Array(0))])),
  "extension left out of what was signed": () => {
    const key = newKey();
    const precertificate = plainCertificate({ subject: "", key, issuer: authority, extensions: leafExtensions });
    return verify(
      leafWithTimestamps(authority, () => [stamp(precertificate.tbs)], { key }, [
        ...leafExtensions,
        { id: "1.2.3", value: new Uint8Array(1) },
      ]),
    );
  },
};
for (const [what, run] of Object.entries(bad)) test(`refused: ${what}`, () => void throwsCode("bad-sct", run));

test("the log's time includes its ends", () =>
  assert.is(verify(good, [{ ...log.trusted, validFor: { start: at, end: at } }]).length, 1));

test("a time beyond every calendar", () => {
  throwsCode("bad-sct", () =>
    verify(
      leafWithTimestamps(authority, (tbs) => [
        stamp(tbs).map((byte, index) => (index > 32 && index <= 40 ? 0xff : byte)),
      ]),
    ),
  );
});

if (vectorsDir() === undefined) skipped("core/x509/sct", 34, "SALLYPORT_VECTORS is not set");
for (const { name, der, root } of realLeaves()) {
  if (name === "bundle-from-wrong-instance_fail") continue;
  test(`real leaf of ${name}`, () => {
    const leaf = parseCertificate(der, defaultLimits);
    const [chain = []] = root.authorities.filter((candidate) =>
      candidate.some(({ subject }) => Buffer.compare(subject, leaf.issuer) === 0),
    );
    const path = verifyPath({
      leaf,
      anchors: chain.slice(-1),
      intermediates: chain.slice(0, -1),
      at: leaf.notBefore,
      usage: "code-signing",
      verifier: nodeVerifier,
      limits: defaultLimits,
    });
    const run = (certificate: Certificate) =>
      verifyScts({
        leaf: certificate,
        issuer: path[1] as Certificate,
        logs: root.logs,
        verifier: nodeVerifier,
        limits: certificate.limits,
      });
    if (name === "invalid-ct-key_fail") throwsCode("bad-sct", () => run(leaf));
    else {
      assert.is(run(leaf).length, 1);
      // A byte of the serial number, which the log signed.
      const other = der.slice();
      const index = leaf.serialNumber.byteOffset - leaf.der.byteOffset + leaf.serialNumber.length - 1;
      other[index] = (other[index] as number) ^ 1;
      throwsCode("bad-sct", () => run(parseCertificate(other, defaultLimits)));
    }
  });
}

test.run();
