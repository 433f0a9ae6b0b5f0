import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findAddress, isLoopbackAddress, isRegistryHost } from "../../../proxy/serve/address.ts";

const test = suite("proxy/serve/address");

test("an address is a host and a port, or a port alone", () => {
  const table: readonly (readonly [string, ReturnType<typeof findAddress>])[] = [
    ["127.0.0.1:5000", { host: "127.0.0.1", port: 5000 }],
    ["[::1]:0", { host: "::1", port: 0 }],
    [":5000", { port: 5000 }],
    ["proxy.corp:443", { host: "proxy.corp", port: 443 }],
    ["127.0.0.1", undefined],
    ["::1:5000", undefined],
    ["[127.0.0.1]:5000", undefined],
    ["host:65536", undefined],
    ["host:", undefined],
    ["https://host:443", undefined],
    ["host:80/path", undefined],
    ["a b:80", undefined],
    ["", undefined],
  ];
  for (const [text, address] of table) assert.equal(findAddress(text), address, text);
});

test("only this machine reaches loopback", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
    assert.ok(isLoopbackAddress({ host, port: 1 }), host);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "localhost.corp", "128.0.0.1", "::2"])
    assert.not.ok(isLoopbackAddress({ host, port: 1 }), host);
  assert.not.ok(isLoopbackAddress({ port: 1 }));
});

test("a registry is a host, never a URL or a path", () => {
  for (const host of ["ghcr.io", "docker.io", "localhost:5000", "127.0.0.1:80", "[::1]:5000", "a-b.corp"])
    assert.ok(isRegistryHost(host), host);
  for (const host of ["https://ghcr.io", "ghcr.io/", "ghcr.io/org", "GHCR.io", "a b", "a@b", "-a.io", "a..b", ""])
    assert.not.ok(isRegistryHost(host), host);
});

test.run();
