import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { defaultLimits as limits } from "../../../../core/limits.ts";
import type { BoundedResponse } from "../../../../proxy/upstream/fetch-bounded.ts";
import { isHtml, rateLimitEnd, registryFault, saysAbsent } from "../../../../proxy/upstream/registry/registry-fault.ts";

const test = suite("proxy/upstream/registry/registry-fault");
const url = new URL("https://ghcr.io/v2/a/manifests/1?token=s3cr3t");
const now = Date.parse("2026-11-30T12:00:00Z");
const answer = (
  status: number,
  body: string | object = "",
  headers: Readonly<Record<string, string>> = {},
): BoundedResponse => ({
  status,
  headers,
  url,
  bytes: encodeUtf8(typeof body === "string" ? body : JSON.stringify(body)),
});
const fault = (response: BoundedResponse) => registryFault(response, { who: "user bot from x", now, limits });

test("errors are read as they are documented, and anything else is none", () => {
  const said = (body: string | object) => fault(answer(400, body)).message;
  assert.is(
    said({ errors: [{ code: "A", message: "no", detail: { a: 1 } }, 7, { code: 7 }, { code: "D" }] }),
    "HTTP 400, A: no",
  );
  for (const body of ["", "[]", "null", "7", { errors: {} }, { message: "x" }, "{".repeat(10_000), '{"errors":7}'])
    assert.is(said(body), "HTTP 400");
});

test("nginx says in a page that it wants a client certificate", () => {
  const page = "<html><head><title>400 No required SSL certificate was sent</title></head></html>";
  const { code, message } = fault(answer(400, page, { "content-type": "text/html" }));
  assert.is(code, "access-denied");
  assert.match(message, /client certificate.*--registry-client-cert/);
  assert.is(fault(answer(502, page)).code, "upstream-error");
});

test("what a registry says is one line, bounded, and moves no cursor", () => {
  const { message } = fault(
    answer(403, {
      errors: Array.from({ length: 50 }, () => ({ code: "DENIED\u001b[2J", message: `a\nb\u202e${"x".repeat(9999)}` })),
    }),
  );
  assert.not.ok(message.includes("\u001b") || message.includes("\n") || message.includes("\u202e"));
  assert.match(message, /^HTTP 403, DENIED \[2J: a b xxx/);
  assert.ok(message.length < 1000, String(message.length));
  assert.match(message, /asked as user bot from x/);
});

test("the code is that of the status; the address is shown without its values", () => {
  for (const [status, code] of [
    [401, "access-denied"],
    [403, "access-denied"],
    [429, "rate-limited"],
    [500, "upstream-error"],
    [404, "upstream-error"],
    [200, "upstream-error"],
  ] as const)
    assert.is(fault(answer(status)).code, code);
  assert.is(fault(answer(500)).subject, "https://ghcr.io/v2/a/manifests/1?token=…");
});

test("a page, and a text, say what they are", () => {
  assert.match(fault(answer(502, "<html>secret</html>")).message, /HTML/);
  assert.not.match(fault(answer(502, "<html>secret</html>")).message, /secret/);
  assert.match(
    fault(answer(500, "out of disk", { "content-type": "text/plain; charset=utf-8" })).message,
    /out of disk/,
  );
  assert.match(
    fault({ ...answer(500, "", { "content-type": "text/plain" }), bytes: new Uint8Array([0xff]) }).message,
    /^HTTP 500$/,
  );
});

test("absence is said by a 404 in a registry's words, or in none", () => {
  for (const [response, absent] of [
    [answer(404), true],
    [answer(404, { errors: [{ code: "MANIFEST_UNKNOWN" }] }), true],
    [answer(404, { errors: [] }), true],
    // Storage to which a registry led; a registry to which another one led.
    [{ ...answer(404), isElsewhere: true }, false],
    [{ ...answer(404, { errors: [{ code: "MANIFEST_UNKNOWN" }] }), isElsewhere: true }, true],
    [answer(404, { errors: [{}, {}, {}, { code: "DENIED" }] }), false],
    [answer(404, { errors: [{ code: "unauthorized" }] }), false],
    [answer(404, { errors: [{ code: "TOOMANYREQUESTS" }] }), false],
    [answer(404, "404 page not found\n"), false],
    [answer(404, "", { "content-type": "text/html" }), false],
    [answer(410), false],
    [answer(403, { errors: [{ code: "MANIFEST_UNKNOWN" }] }), false],
  ] as const)
    assert.is(saysAbsent(response, limits), absent);
  assert.equal([isHtml(answer(200, "<!doctype html>")), isHtml(answer(200, "{}"))], [true, false]);
});

test("a 404 in the place of content that is not a registry's word says so", () => {
  const facts = { who: "nobody", now, limits } as const;
  const ofContent = (response: BoundedResponse) =>
    registryFault(response, { ...facts, wasAskedFor: "content" }).message;
  const isNoWord = /^HTTP 404, (?:404 page not found, |a page in HTML.*, )?which is not a registry's word/;
  const text = answer(404, "404 page not found\n", { "content-type": "text/plain" });
  for (const response of [text, answer(404, "<html>"), answer(404, { message: "no Route matched" })])
    assert.match(ofContent(response), isNoWord);
  assert.match(ofContent({ ...answer(404), isElsewhere: true }), isNoWord);
  assert.is(ofContent(answer(404, { errors: [{ code: "denied", message: "no" }] })), "HTTP 404, denied: no");
  assert.is(ofContent(answer(500)), "HTTP 500");
  assert.is(registryFault(text, facts).message, "HTTP 404, 404 page not found", "as of a token");
});

test("when a rate limit ends: seconds, a date, or seconds since 1970", () => {
  const inHour = now + 3_600_000;
  for (const [headers, end] of [
    [{}, undefined],
    [{ "retry-after": "3600" }, inHour],
    [{ "retry-after": "Mon, 30 Nov 2026 13:00:00 GMT" }, inHour],
    [{ "ratelimit-reset": "3600" }, inHour],
    [{ "x-ratelimit-reset": String(inHour / 1000) }, inHour],
    [{ "x-retry-after": String(inHour / 1000) }, inHour],
    [{ "retry-after": "soon" }, undefined],
    [{ "x-retry-after": "99999999999999" }, undefined],
  ] as const)
    assert.is(rateLimitEnd(headers, now), end, JSON.stringify(headers));
});

test("Docker Hub's limit is named with its window and its end", () => {
  const { code, message } = fault(
    answer(
      429,
      { errors: [{ code: "TOOMANYREQUESTS", message: "You have reached your pull rate limit." }] },
      { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600", "retry-after": "3600" },
    ),
  );
  assert.is(code, "rate-limited");
  for (const words of [
    /100 requests in 6 hours/,
    /0 are left/,
    /2026-11-30T13:00:00\.000Z/,
    /TOOMANYREQUESTS: You have/,
  ])
    assert.match(message, words);
});

test("a time beyond all calendars is no defect", () => {
  assert.is(fault(answer(429, "", { "retry-after": "999999999" })).code, "rate-limited");
  assert.is(fault(answer(429, "", { "retry-after": "Fri, 31 Dec 275760 00:00:00 GMT" })).code, "rate-limited");
});

test.run();
