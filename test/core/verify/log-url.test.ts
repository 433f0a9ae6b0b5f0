import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requireUrl } from "../../../core/verify/log-url.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/verify/log-url");

test("what Go reads as a URL", () => {
  for (const text of [
    "https://rekor.sigstore.dev",
    "http://localhost:3000/api?x=%20#f",
    "https://[::1]:3000/",
    "rekor.example/path",
    "//host/path",
    "",
    "https://user@host/",
  ])
    assert.is(requireUrl(text), undefined, text);
});

test("what it does not", () => {
  for (const text of [
    "https://rekor.example/%zz",
    "https://a b/",
    "https://host:port/",
    "://x",
    "1a:b/c",
    "https://host\u0000/",
    "https://[::1/",
    "a:\u007f",
  ])
    throwsCode("malformed", () => requireUrl(text));
});

test.run();
