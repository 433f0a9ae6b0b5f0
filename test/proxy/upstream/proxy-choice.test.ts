import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostOf, proxyFor } from "../../../proxy/upstream/proxy-choice.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/upstream/proxy-choice");
const both = { HTTPS_PROXY: "http://proxy.corp:3128", HTTP_PROXY: "proxy.corp:3127" };
const choose = (url: string, env: Readonly<Record<string, string>> = both): string | undefined =>
  proxyFor(new URL(url), env)?.href;

test("by scheme; the other scheme's proxy does not stand in", () => {
  assert.is(choose("https://ghcr.io/v2/"), "http://proxy.corp:3128/");
  assert.is(choose("http://ghcr.io/v2/"), "http://proxy.corp:3127/");
  assert.is(choose("https://ghcr.io/", { HTTP_PROXY: "http://a" }), undefined);
  assert.is(choose("https://ghcr.io/", { https_proxy: "http://a" }), "http://a/");
  assert.is(choose("https://ghcr.io/", { HTTPS_PROXY: "", https_proxy: "http://b" }), "http://b/");
  assert.is(choose("https://ghcr.io/", {}), undefined);
});

test("this machine is asked directly", () => {
  for (const host of ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
    assert.is(choose(`http://${host}:5000/`), undefined, host);
  assert.is(choose("http://localhost.example/"), "http://proxy.corp:3127/");
  assert.is(hostOf(new URL("http://[::1]:1/")), "::1");
});

const exempt: readonly (readonly [list: string, url: string, direct: boolean])[] = [
  ["*", "https://ghcr.io/", true],
  ["ghcr.io", "https://ghcr.io/", true],
  ["ghcr.io", "https://sub.ghcr.io/", true],
  ["ghcr.io", "https://notghcr.io/", false],
  [".ghcr.io", "https://ghcr.io/", false],
  [".ghcr.io", "https://sub.ghcr.io/", true],
  ["*.ghcr.io", "https://sub.ghcr.io/", true],
  ["GHCR.io, other", "https://ghcr.io/", true],
  ["ghcr.io:443", "https://ghcr.io/", true],
  ["ghcr.io:5000", "https://ghcr.io/", false],
  ["ghcr.io:5000", "https://ghcr.io:5000/", true],
  ["10.0.0.0/8", "https://10.1.2.3/", true],
  ["10.0.0.0/8", "https://11.1.2.3/", false],
  ["10.0.0.0/8", "https://registry.corp/", false],
  ["10.1.2.3", "https://10.1.2.3:8443/", true],
  ["fd00::/8", "https://[fd00::1]/", true],
  ["[fd00::1]:8443", "https://[fd00::1]:8443/", true],
  ["10.0.0.0/99, x/y, /", "https://10.1.2.3/", false],
];
for (const [list, url, direct] of exempt)
  test(`NO_PROXY=${list} for ${url}`, () => assert.is(choose(url, { ...both, NO_PROXY: list }) === undefined, direct));

test("a proxy that is none is a fault of the configuration", () => {
  for (const HTTPS_PROXY of ["socks5://a", "http://", "://"])
    assert.is(throwsCode("invalid-config", () => choose("https://ghcr.io/", { HTTPS_PROXY })).subject, "HTTPS_PROXY");
});

test.run();
