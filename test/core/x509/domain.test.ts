/** Hosts, mailboxes, URIs, addresses as text. */
import { isIPv6 } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { domainLabels, hasControlCharacter, splitMailbox, splitUri, toAddressText } from "../../../core/x509/domain.ts";

const test = suite("core/x509/domain");

test("domains", () => {
  assert.equal(domainLabels("Example.COM"), ["example", "com"]);
  for (const wrong of [
    "",
    ".",
    "a..b",
    "a.",
    ".a",
    "a b",
    "ä.de",
    "a\u0000",
    `${"a".repeat(64)}.com`,
    `${"a.".repeat(150)}a`,
  ])
    assert.is(domainLabels(wrong), undefined);
});

test("mailboxes", () => {
  assert.equal(splitMailbox("A.b+c@Example.com"), { local: "A.b+c", host: "example.com" });
  for (const wrong of ["", "a", "@b", "a@", "a@b@c", '"a b"@c', "a b@c", ".a@b", "a.@b", "a..b@c", "a@b..c", "a@\n"])
    assert.is(splitMailbox(wrong), undefined);
});

test("URIs", () => {
  const host = (text: string) => splitUri(text)?.host;
  assert.is(host("https://GitHub.com/o/r/.github/workflows/x.yml@refs/heads/main"), "github.com");
  assert.is(host("https://user@example.com:8080/path?q=%zz#f"), "example.com");
  assert.is(host("https://evil.com#@good.com"), "evil.com");
  assert.is(host("https://evil.com?@good.com"), "evil.com");
  assert.equal(splitUri("https://[2001:db8::1]:443/"), { host: "2001:db8::1", isAddress: true });
  assert.equal(splitUri("https://10.0.0.1/"), { host: "10.0.0.1", isAddress: true });
  assert.is(host("mailto:a@b.c"), "");
  assert.is(host("spiffe://trust.domain/workload"), "trust.domain");
  assert.is(host("relative/path"), "");
  for (const wrong of [
    "https://a..b/",
    "https://a^b/",
    "https://a%20b/",
    "https://a b@c/",
    "https://a b/",
    "https://a/%zz",
    "https://a/\n",
    "https://[::1",
    "https://a:b/",
    "1http://a:1:2/",
    ":x",
    "https://a/#%z",
  ])
    assert.is(host(wrong), undefined, wrong);
});

test("control characters", () => {
  assert.not.ok(hasControlCharacter("plain ü"));
  for (const text of ["a\nb", "\u0000", "a\u007f"]) assert.ok(hasControlCharacter(text));
});

test("addresses", () => {
  const text = (...groups: number[]): string =>
    toAddressText(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255])));
  assert.is(toAddressText(Uint8Array.of(192, 0, 2, 1)), "192.0.2.1");
  assert.is(text(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), "2001:db8::1:0:0:1");
  assert.is(text(0, 0, 0, 0, 0, 0, 0, 1), "::1");
  assert.is(text(0, 0, 0, 0, 0, 0, 0, 0), "::");
  assert.is(text(1, 0, 0, 0, 0, 0, 0, 0), "1::");
  assert.is(text(1, 2, 3, 4, 5, 6, 0, 8), "1:2:3:4:5:6:0:8");
  assert.is(text(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201), "192.0.2.1");
  assert.ok(isIPv6(text(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1)));
});

test.run();
