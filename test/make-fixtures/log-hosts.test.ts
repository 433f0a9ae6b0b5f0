/** The hosts as Fulcio and cosign ask them: what they answer holds under the log's key. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { concat } from "../../core/encoding/bytes.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";
import { parseRekorApiEntry } from "../../core/tlog/rekor-v1/api-entry.ts";
import { verifyLogEntry } from "../../core/tlog/verify-log-entry.ts";
import { verifyScts } from "../../core/x509/sct.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { createCertificateLog, createEntryLog } from "./log-hosts.ts";
import { CertificateLog, timestampList } from "../lab/certificate-log.ts";
import { RekorV1 } from "../lab/entry-log.ts";
import { poison } from "../lab/extensions.ts";
import { newKey } from "../lab/keys.ts";
import { leafExtensions, plainAuthority, plainCertificate } from "../lab/plain-certificate.ts";
import { bodyOf, signedEnvelope, signedMessage } from "../lab/plain-signed.ts";

const test = suite("make-fixtures/log-hosts");
const json = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));

test("a precertificate gets a timestamp that verifies in the certificate", () => {
  const logKey = newKey();
  const log = new CertificateLog(logKey);
  const issuer = plainAuthority("fulcio");
  const options = { subject: "", key: newKey(), issuer };
  const host = createCertificateLog(logKey);
  for (const extensions of [
    [...leafExtensions, poison],
    [poison, ...leafExtensions],
  ]) {
    const precertificate = plainCertificate({ ...options, extensions });
    const chain = [precertificate.der, issuer.der].map(encodeBase64);
    const reply = JSON.parse(String(host("POST", "/2026/ct/v1/add-pre-chain", json({ chain })).body));
    const time = new Uint8Array(8);
    new DataView(time.buffer).setBigUint64(0, BigInt(reply.timestamp));
    const [id, signature] = [reply.id, reply.signature].map(
      (text: string) => new Uint8Array(Buffer.from(text, "base64")),
    );
    assert.ok(id !== undefined && signature !== undefined);
    const timestamp = concat(Uint8Array.of(reply.sct_version), id, time, Uint8Array.of(0, 0), signature);
    const leaf = plainCertificate({ ...options, extensions: [...leafExtensions, timestampList([timestamp])] });
    const proven = verifyScts({
      leaf,
      issuer: issuer.certificate,
      logs: [log.trusted],
      verifier: nodeVerifier,
      limits: defaultLimits,
    });
    assert.equal(proven, [{ logId: encodeHex(log.id), at: new Date(reply.timestamp) }]);
  }
  assert.is(host("POST", "/2026/ct/v1/add-chain", json({})).status, 404);
  assert.is(host("POST", "/2026/ct/v1/add-pre-chain", json({ chain: [] })).status, 400);
});

test("proposed entries are answered with a promise that verifies, one index after the other", () => {
  const logKey = newKey();
  const host = createEntryLog(logKey, "log.example.com");
  const { trusted } = new RekorV1(logKey, "log.example.com");
  const { logged: message } = signedMessage();
  const { logged: envelope } = signedEnvelope();
  assert.ok(
    envelope.content.kind === "dsse" && envelope.content.envelopeBytes !== undefined && "key" in envelope.verifier,
  );
  const dsse = bodyOf("dsse 0.0.1", envelope) as { spec: { signatures: { verifier: string }[] } };
  const proposedContent = {
    envelope: Buffer.from(envelope.content.envelopeBytes).toString("utf8"),
    verifiers: dsse.spec.signatures.map(({ verifier }) => verifier),
  };
  const indexes = [
    [message, bodyOf("hashedrekord 0.0.1", message)] as const,
    [envelope, { apiVersion: "0.0.1", kind: "dsse", spec: { proposedContent } }] as const,
  ].map(([logged, proposed]) => {
    const { status, body } = host("POST", "/api/v1/log/entries", json(proposed));
    assert.is(status, 201);
    const entry = parseRekorApiEntry(String(body), defaultLimits);
    const proof = verifyLogEntry(entry, logged, [trusted], nodeVerifier, { layout: "layer", limits: defaultLimits });
    assert.equal(proof.provenBy, ["set"]);
    return entry.logIndex;
  });
  assert.is((indexes[0] ?? 0n) + 1n, indexes[1]);
  assert.is(host("GET", "/api/v1/log/publicKey", json({})).body, logKey.pem);
  assert.is(host("GET", "/api/v1/log/entries", json({})).status, 404);
});

test.run();
