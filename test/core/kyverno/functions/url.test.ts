import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostnameOf, urlStructure } from "../../../../core/kyverno/functions/url.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/functions/url");

test("hosts as Go's net/url reads them", () => {
  for (const [url, host] of [
    ["http://a.example:80/x?q#f", "a.example"],
    ["HTTPS://user:pw@10.0.0.9/", "10.0.0.9"],
    ["//[::1]:8080", "::1"],
    ["http://[fe80::1%25en0]/", "fe80::1%25en0"],
    ["mailto:a@b", ""],
    ["/path", ""],
    ["a", ""],
    ["", ""],
    ["*", ""],
    ["http:///x", ""],
    ["///x", ""],
    ["http://a@b@c", "c"],
    ["ftp://x:", "x"],
  ] as const) {
    assert.is(hostnameOf(url), host, url);
  }
});

test("what is no URL", () => {
  for (const url of [
    "://bad",
    "http://a b/",
    "http://%zz/",
    "http://a/%zz",
    "http://a\u0001",
    "http://[::1",
    "http://[::1]x",
    "http://[10.0.0.1]",
    "http://[a]",
    "http://x[::1]",
    "http://a:x",
    "http://a:80:90",
    "1a:b",
    "http://u p@a",
    "http://a%41b",
    "http://a#%z",
    "http://a{b",
  ]) {
    throwsCode("unresolved", () => hostnameOf(url));
  }
});

test("the fields of Go's structure", () => {
  const { Scheme, Host, Path, RawPath, RawQuery, Fragment, User, Opaque } = urlStructure(
    "HTTP://u:p@h.example:80/%41b%20c?q=1#f",
  );
  assert.equal(
    [Scheme, Host, Path, RawPath, RawQuery, Fragment, User, Opaque],
    ["http", "h.example:80", "/Ab c", "/%41b%20c", "q=1", "f", {}, ""],
  );
  assert.is(urlStructure("urn:x:y").Opaque, "x:y");
  assert.is(urlStructure("spiffe://td/ns/a").RawPath, "");
});

test.run();
