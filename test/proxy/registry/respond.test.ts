import { suite } from "uvu";
import * as assert from "uvu/assert";
import { errorBody } from "../../../proxy/registry/oci-error.ts";
import { matchesEtag, staleFields, warning } from "../../../proxy/registry/respond.ts";

const test = suite("proxy/registry/respond");
const etag = '"sha256:ab"';

test("If-None-Match: one of several, a weak one, any; never a part of one", () => {
  for (const field of [etag, `W/${etag}`, `"x", ${etag}`, "*", ` * `]) assert.ok(matchesEtag(field, etag), field);
  for (const field of ['"sha256:abc"', "sha256:ab", '"x"', "", `x${etag}`])
    assert.not.ok(matchesEtag(field, etag), field);
});

test("a warning has the form that containerd reads, whatever is in it", () => {
  for (const text of ["plain", 'a "quoted" one', "two\r\nlines: x", "back\\slash", "ümlaut\u202e"])
    assert.match(warning(text), /^299 - "[\x20-\x21\x23-\x5b\x5d-\x7e]*"$/);
});

test("a stale answer says its age in seconds, and never a negative one", () => {
  const stale = { at: "2026-01-01T00:00:00Z", code: "unreachable" } as const;
  const at = Date.parse(stale.at);
  assert.is(staleFields(stale, at + 61_500)[1], "61");
  assert.is(staleFields(stale, at - 5000)[1], "0");
});

test("an error is JSON with a code and a sentence of bounded length", () => {
  const body = errorBody({ code: "UNAVAILABLE", message: `"\n${"x".repeat(5000)}` });
  const { errors } = JSON.parse(body) as {
    readonly errors: readonly { readonly code: string; readonly message: string }[];
  };
  assert.is(errors[0]?.code, "UNAVAILABLE");
  assert.is(errors[0]?.message.length, 1024);
});

test.run();
