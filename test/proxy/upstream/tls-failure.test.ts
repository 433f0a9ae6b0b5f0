import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isAlert, isNoTls, type TlsSettings, tlsFailure } from "../../../proxy/upstream/tls-failure.ts";

const test = suite("proxy/upstream/tls-failure");
const withCode = (code: string, more: object = {}): Error =>
  Object.assign(new Error("openssl's words"), { code }, more);
const settings: TlsSettings = { authority: "--ca", client: "--cert", serverName: "--name" };
const names = (reason: string): Error => withCode("ERR_TLS_CERT_ALTNAME_INVALID", { reason });

const failures: readonly (readonly [error: Error, code: string, says: RegExp])[] = [
  [withCode("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"), "access-denied", /wants a client certificate.*--cert/],
  [
    withCode("ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE"),
    "access-denied",
    /refuses the client certificate, or was shown none.*--cert/,
  ],
  [withCode("ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED"), "access-denied", /refuses .*: it has expired; .*--cert/],
  [withCode("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), "access-denied", /does not know the authority.*--cert/],
  [withCode("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"), "tls-failure", /may want a client certificate.*--cert/],
  [withCode("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"), "tls-failure", /ends TLS: protocol version/],
  [withCode("CERT_HAS_EXPIRED"), "tls-failure", /has expired.*clock.*those who run the server/],
  [withCode("CERT_NOT_YET_VALID"), "tls-failure", /not valid yet.*clock/],
  [
    names("Host: a.corp. is not in the cert's altnames: DNS:b.corp"),
    "tls-failure",
    /for DNS:b.corp, not for a.corp.*--name/,
  ],
  [names("IP: 10.0.0.1 is not in the cert's list: "), "tls-failure", /for no name, not for 10.0.0.1/],
  [names("other words"), "tls-failure", /openssl's words/],
  [withCode("SELF_SIGNED_CERT_IN_CHAIN"), "tls-failure", /no authority that is known here.*--ca/],
  [withCode("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "tls-failure", /no authority that is known here.*--ca/],
  [withCode("CERT_REVOKED"), "tls-failure", /refused: openssl's words/],
  [withCode("ERR_SSL_WRONG_VERSION_NUMBER"), "tls-failure", /does not speak TLS/],
];
for (const [error, code, says] of failures)
  test(`${String((error as { code?: unknown }).code)} ${String((error as { reason?: unknown }).reason ?? "")}`, () => {
    const found = tlsFailure(error, settings);
    assert.is(found?.code, code);
    assert.match(found?.why ?? "", says);
    assert.not.match(tlsFailure(error)?.why ?? "", /--|given with/, "nothing is named where nothing is known");
  });

test("each failure has a sentence of its own", () => {
  const said = failures.map(([error]) => tlsFailure(error)?.why);
  assert.is(new Set(said).size, said.length);
});

test("what is no failure of TLS is left alone; alerts are told from it", () => {
  for (const code of ["ECONNRESET", "ENOTFOUND", "UND_ERR_SOCKET"]) assert.is(tlsFailure(withCode(code)), undefined);
  assert.equal(
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "CERT_HAS_EXPIRED", "ECONNRESET"].map((code) =>
      isAlert(withCode(code)),
    ),
    [true, false, false],
  );
  assert.ok(isNoTls("ERR_SSL_HTTP_REQUEST"));
});

test("names in a certificate are the server's text: bounded", () => {
  const error = names(`Host: a. is not in the cert's altnames: ${"DNS:x, ".repeat(1000)}`);
  assert.ok((tlsFailure(error)?.why.length ?? 0) < 500);
});

test.run();
