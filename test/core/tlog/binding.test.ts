import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digest } from "../../../core/crypto/digest.ts";
import { parsePublicKeyPem } from "../../../core/crypto/public-key.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import {
  bytesAt,
  messageDigest,
  onlyElement,
  requireHashOf,
  requireMessageHash,
  requireSignature,
  requireVerifier,
} from "../../../core/tlog/binding.ts";
import type { LoggedSignature } from "../../../core/tlog/log-entry.ts";
import { toLogKey } from "../../../core/tlog/transparency-log-key.ts";
import { parseCertificatesPem } from "../../../core/x509/certificate.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureText } from "../../support/fixture-images.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tlog/binding");
const message = encodeUtf8("message");
const keyPem = fixtureText("trust/release.pub");
const key = parsePublicKeyPem(keyPem, defaultLimits);
const certificatePem = fixtureText("trust/root.pem");
const certificate = parseCertificatesPem(certificatePem, defaultLimits)[0];
if (certificate?.publicKey === undefined) throw new Error("the fixture's root has a key");
const content = { kind: "message", digests: { sha256: digest("sha256", message) } } as const;
const logged: LoggedSignature = { signature: Uint8Array.of(1, 2, 3), verifier: { key }, content };
const pem64 = (text: string): string => encodeBase64(encodeUtf8(text));
const hash = (algorithm: string, value: Uint8Array) => ({ algorithm, value: encodeHex(value) });

test("bytes and lists of an entry's body", () => {
  assert.equal(bytesAt({ a: "AQ==" }, "a", ""), Uint8Array.of(1));
  assert.is(throwsCode("malformed", () => bytesAt({ a: "*" }, "a", "/spec")).subject, "/spec/a");
  assert.equal(onlyElement([{ a: 1 }], ""), { a: 1 });
  for (const list of [[], [{}, {}]]) throwsCode("bad-log-proof", () => onlyElement(list, ""));
});

test("the very signature, byte for byte", () => {
  requireSignature(Uint8Array.of(1, 2, 3), logged, "");
  for (const other of [Uint8Array.of(1, 2), Uint8Array.of(1, 2, 4), new Uint8Array()])
    throwsCode("bad-log-proof", () => requireSignature(other, logged, ""));
  throwsCode("bad-log-proof", () => requireSignature(new Uint8Array(), { ...logged, signature: new Uint8Array() }, ""));
});

test("the message's digest under the entry's algorithm, if it can be known", () => {
  requireMessageHash(hash("sha256", digest("sha256", message)), content, "");
  throwsCode("bad-log-proof", () => requireMessageHash(hash("sha256", new Uint8Array(32)), content, ""));
  throwsCode("bad-log-proof", () => requireMessageHash(hash("sha512", digest("sha512", message)), content, ""));
  requireMessageHash(hash("sha512", digest("sha512", message)), { ...content, message }, "");
  throwsCode("bad-log-proof", () => requireMessageHash(hash("md5", new Uint8Array(16)), content, ""));
  assert.is(messageDigest(content, "sha512"), undefined);
});

test("a digest of bytes is SHA-256", () => {
  requireHashOf(hash("sha256", digest("sha256", message)), message, "");
  throwsCode("bad-log-proof", () => requireHashOf(hash("sha512", digest("sha512", message)), message, ""));
  throwsCode("bad-log-proof", () => requireHashOf(hash("sha256", digest("sha256", message)), encodeUtf8("other"), ""));
});

test("the verifier: that key, that certificate; a key's own certificate in a layer only", () => {
  requireVerifier(pem64(keyPem), logged, "bundle", "", defaultLimits);
  const byCertificate = { ...logged, verifier: { certificate } };
  for (const text of [certificatePem, certificatePem.replaceAll("\n", "\r\n"), `a line before\n${certificatePem}`])
    requireVerifier(pem64(text), byCertificate, "bundle", "", defaultLimits);
  for (const text of [certificatePem.slice(0, -2), certificatePem.slice(0, 40)])
    throwsCode(["malformed", "bad-log-proof"], () =>
      requireVerifier(pem64(text), byCertificate, "bundle", "", defaultLimits),
    );
  throwsCode("bad-log-proof", () =>
    requireVerifier(pem64(fixtureText("trust/leaf.pem")), byCertificate, "bundle", "", defaultLimits),
  );
  const own = { ...logged, verifier: { key: certificate.publicKey as typeof key } };
  requireVerifier(pem64(certificatePem), own, "layer", "", defaultLimits);
  throwsCode("bad-log-proof", () => requireVerifier(pem64(certificatePem), own, "bundle", "", defaultLimits));
  throwsCode("bad-log-proof", () =>
    requireVerifier(pem64(fixtureText("trust/someone-else.pub")), logged, "layer", "", defaultLimits),
  );
  throwsCode("bad-log-proof", () =>
    requireVerifier(pem64(keyPem), { ...logged, verifier: { certificate } }, "layer", "", defaultLimits),
  );
  for (const text of ["", keyPem + keyPem, keyPem.replaceAll("PUBLIC KEY", "PRIVATE KEY")])
    throwsCode("malformed", () => requireVerifier(pem64(text), logged, "layer", "", defaultLimits));
});

test("a bare key is a log of any name, at any time, under the key's id", () => {
  assert.equal(toLogKey(key), { logId: key.fingerprint, publicKey: key, validFor: {} });
});

test.run();
