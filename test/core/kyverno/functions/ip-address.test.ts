import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isInternal, parseIpAddress } from "../../../../core/kyverno/functions/ip-address.ts";

const test = suite("core/kyverno/functions/ip-address");

test("addresses", () => {
  assert.equal(parseIpAddress("10.1.2.3"), [10, 1, 2, 3]);
  assert.equal(parseIpAddress("::ffff:10.0.0.1"), [10, 0, 0, 1]);
  assert.equal(parseIpAddress("::ffff:7f00:1"), [127, 0, 0, 1]);
  assert.equal(parseIpAddress("1:2:3:4:5:6:7::"), [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]);
  assert.is(parseIpAddress("::")?.length, 16);
  for (const text of [
    "",
    "1.2.3",
    "010.0.0.1",
    "256.1.1.1",
    "1.2.3.4.",
    "a",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "fe80::1%en0",
    "::12345",
    "::1.2.3",
    "1.2.3.4::",
  ]) {
    assert.is(parseIpAddress(text), undefined, text);
  }
});

test("internal is loopback and private, link-local is not", () => {
  for (const [text, internal] of [
    ["127.9.9.9", true],
    ["10.0.0.1", true],
    ["172.15.0.1", false],
    ["172.16.0.1", true],
    ["172.32.0.1", false],
    ["192.168.0.1", true],
    ["169.254.1.1", false],
    ["224.0.0.1", false],
    ["::1", true],
    ["::2", false],
    ["fd00::1", true],
    ["fe80::1", false],
  ] as const) {
    assert.is(isInternal(parseIpAddress(text) ?? []), internal, text);
  }
});

test.run();
