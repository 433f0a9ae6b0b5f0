import { errors } from "undici";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { codeOfStatus, isPassing, outage, speaksNoTls } from "../../../proxy/upstream/outage.ts";

const test = suite("proxy/upstream/outage");
const withCode = (code: string, message = "x"): Error => Object.assign(new Error(message), { code });
const named = (name: string): Error => Object.assign(new Error("x"), { name });

test("statuses", () => {
  assert.equal([401, 403, 429, 404, 408, 418, 500, 503].map(codeOfStatus), [
    ...["access-denied", "access-denied", "rate-limited"],
    ...["upstream-error", "upstream-error", "upstream-error", "upstream-error", "upstream-error"],
  ]);
  assert.equal([200, 401, 404, 408, 429, 500, 501, 503].filter(isPassing), [408, 429, 500, 503]);
});

test("an answer without TLS is told from a certificate that is refused", () => {
  const said = ["ERR_SSL_WRONG_VERSION_NUMBER", "CERT_HAS_EXPIRED"].map((code) => outage(withCode(code), "x"));
  assert.equal(said.map(speaksNoTls), [true, false]);
});

const failures: readonly (readonly [error: Error, code: string, says: RegExp])[] = [
  [named("TimeoutError"), "timed-out", /no answer in time/],
  [named("AbortError"), "timed-out", /no answer in time/],
  [new errors.HeadersTimeoutError("x"), "timed-out", /no answer/],
  [new errors.BodyTimeoutError("x"), "timed-out", /no answer/],
  [new errors.ConnectTimeoutError("x"), "timed-out", /no answer/],
  [withCode("ETIMEDOUT"), "timed-out", /no answer/],
  [withCode("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed"), "tls-failure", /self-signed \(DEPTH_ZERO/],
  [withCode("ERR_SSL_WRONG_VERSION_NUMBER"), "tls-failure", /does not speak TLS/],
  [withCode("EACCES", "only link-local"), "access-denied", /only link-local/],
  [withCode("EPROTO"), "upstream-error", /expected protocol/],
  [withCode("HPE_INVALID_CONSTANT", "bad"), "upstream-error", /expected protocol: bad/],
  [withCode("ECONNREFUSED"), "unreachable", /connection refused \(ECONNREFUSED\)/],
  [withCode("ENOTFOUND"), "unreachable", /no such host \(ENOTFOUND\)/],
  [new errors.SocketError("other side closed"), "unreachable", /connection closed/],
  [new AggregateError([withCode("ECONNREFUSED")], ""), "unreachable", /connection refused/],
];
for (const [error, code, says] of failures)
  test(`${error.name} ${"code" in error ? String(error.code) : ""}: ${code}`, () => {
    const coded = outage(error, "https://ghcr.io/v2/");
    assert.is(coded.code, code);
    assert.match(coded.message, says);
    assert.is(coded.subject, "https://ghcr.io/v2/");
    assert.is(coded.cause, error);
  });

test("where a proxy is asked, the message says which of the two failed", () => {
  const proxy = new URL("http://user:secret@proxy.corp:3128");
  const said = (error: Error) => outage(error, "https://ghcr.io/v2/", { proxy });
  const dialling = (code: string, syscall: string) => Object.assign(withCode(code), { syscall });
  for (const error of [
    dialling("ECONNREFUSED", "connect"),
    dialling("ENOTFOUND", "getaddrinfo"),
    new errors.ConnectTimeoutError("x"),
    new AggregateError([dialling("ECONNREFUSED", "connect")], ""),
  ])
    assert.match(said(error).message, /^the proxy proxy\.corp:3128 cannot be reached: /);
  assert.match(
    said(dialling("ECONNRESET", "read")).message,
    /^connection reset .*, through the proxy proxy\.corp:3128$/,
  );
  for (const [status, code] of [
    ["407", "access-denied"],
    ["403", "access-denied"],
    ["502", "upstream-error"],
  ] as const) {
    const refused = said(new errors.RequestAbortedError(`Proxy response (${status}) !== 200 when HTTP Tunneling`));
    assert.is(refused.code, code);
    assert.match(refused.message, new RegExp(`^the proxy proxy\\.corp:3128 .*${status}$`));
  }
});

test("a connection that a server closes: what it said of TLS before counts", () => {
  const alert = withCode("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED");
  for (const error of [new errors.SocketError("other side closed"), withCode("ECONNRESET"), withCode("EPIPE")])
    assert.is(outage(error, "x", { alert }).code, "access-denied");
  assert.is(outage(withCode("ECONNREFUSED"), "x", { alert }).code, "unreachable");
});

test("a coded error stays, and a defect flies on", () => {
  const coded = new EngineError("over-limit", "x");
  assert.is(outage(coded, "y"), coded);
  assert.throws(() => outage(new TypeError("a defect"), "y"), /a defect/);
  assert.throws(
    () => outage("text", "y"),
    (thrown: unknown) => thrown === "text",
  );
});

test.run();
